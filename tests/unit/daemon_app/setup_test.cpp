#include "daemon/app/setup.h"

#include "daemon/app/trouble_log.h"

#include <gtest/gtest.h>

#include <new>

namespace faultline::app {
namespace {

TEST(GuardedLoad, AnExceptionIsAProblemOfTheFile) {
  config::Problems problems;
  const auto setup = guarded_load([]() -> std::optional<app::Setup> { throw std::bad_alloc(); },
                                  "/etc/faultline/faultline.yaml", problems);
  EXPECT_FALSE(setup);
  EXPECT_EQ(
      problems.text(),
      "/etc/faultline/faultline.yaml: could not be taken in: std::bad_alloc; look at memory, disk and the "
      "files it names, and reload again\n");
}

TEST(GuardedLoad, LetsEverythingElseThrough) {
  config::Problems problems;
  EXPECT_TRUE(guarded_load([] { return std::optional<app::Setup>(app::Setup{}); }, "x.yaml", problems));
  EXPECT_FALSE(guarded_load([] { return std::optional<app::Setup>(); }, "x.yaml", problems));
  EXPECT_TRUE(problems.empty());
}

TEST(TroubleLog, SpeaksWhenItBeginsAndWhenItIsOver) {
  TroubleLog log;
  EXPECT_EQ(log.went_well(), std::nullopt);
  EXPECT_TRUE(log.failed());
  EXPECT_FALSE(log.failed());
  EXPECT_FALSE(log.failed());
  EXPECT_EQ(log.went_well(), 3U);
  EXPECT_EQ(log.went_well(), std::nullopt);
  EXPECT_TRUE(log.failed());
}

}  // namespace
}  // namespace faultline::app
