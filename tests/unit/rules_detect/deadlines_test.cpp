#include "rules/detect/deadlines.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace faultline::detect {
namespace {

std::vector<std::uint32_t> due(Deadlines& deadlines, std::uint32_t now_s) {
  std::vector<std::uint32_t> found;
  deadlines.take_due(now_s, [&](std::uint32_t e) { found.push_back(e); });
  return found;
}

using Endpoints = std::vector<std::uint32_t>;

TEST(DeadlinesTest, TellsOfEachOnceWhenItIsDue) {
  Deadlines deadlines;
  deadlines.resize(200);
  for (const std::uint32_t e : {0U, 63U, 64U, 199U}) deadlines.extend(e, 1000 + e);
  EXPECT_EQ(due(deadlines, 999), Endpoints{});
  EXPECT_EQ(due(deadlines, 1063), (Endpoints{0, 63}));
  EXPECT_EQ(due(deadlines, 1063), Endpoints{});
  EXPECT_EQ(due(deadlines, 5000), (Endpoints{64, 199}));
  EXPECT_FALSE(deadlines.is_set(64));
}

TEST(DeadlinesTest, AnEarlierOneBesideALaterIsNotOverlooked) {
  Deadlines deadlines;
  deadlines.resize(10);
  deadlines.extend(1, 2000);
  EXPECT_EQ(due(deadlines, 100), Endpoints{});  // the block's earliest is known to be 2000 now
  deadlines.extend(2, 500);
  EXPECT_EQ(due(deadlines, 500), Endpoints{2});
  EXPECT_EQ(due(deadlines, 2000), Endpoints{1});
}

TEST(DeadlinesTest, IsOnlyEverPutOff) {
  Deadlines deadlines;
  deadlines.resize(1);
  deadlines.extend(0, 1000);
  deadlines.extend(0, 1500);
  deadlines.extend(0, 1200);
  EXPECT_EQ(due(deadlines, 1499), Endpoints{});
  EXPECT_EQ(due(deadlines, 1500), Endpoints{0});
  deadlines.extend(0, 1600);
  deadlines.clear(0);
  EXPECT_EQ(due(deadlines, 9999), Endpoints{});
}

TEST(DeadlinesTest, WaitsAsLongAfterTheClockWasSetBack) {
  Deadlines deadlines;
  deadlines.resize(3);
  deadlines.extend(0, 1000);
  EXPECT_EQ(due(deadlines, 900), Endpoints{});
  deadlines.set_back(600);
  EXPECT_EQ(due(deadlines, 399), Endpoints{});
  EXPECT_EQ(due(deadlines, 400), Endpoints{0});
  deadlines.resize(100);  // a reload brings more
  deadlines.extend(99, 500);
  EXPECT_EQ(due(deadlines, 500), Endpoints{99});
}

}  // namespace
}  // namespace faultline::detect
