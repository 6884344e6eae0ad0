// Traces over a way of real routers' answers: in a network of the test's own.
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_session/measure.h"
#include "tests/unit/probes_session/route.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace faultline::session {
namespace {

using testing::HasSubstr;
using testing::Not;

struct PathTest : Measuring {
  static void SetUpTestSuite() {
    problem = packet::enter_own_network();
    if (!problem.empty()) return;
    auto made = lab::make_tun_network();
    if (!made)
      problem = made.error().message;
    else
      tun = std::move(*made);
  }
  static void TearDownTestSuite() { tun = {}; }
  void SetUp() override {
    if (!problem.empty()) GTEST_SKIP() << problem;
  }
  // What the trace found, with the round that it gave.
  std::string found(const Settings& settings, const std::string& address = "10.9.9.9") {
    notes->list.clear();
    round = measure("path", settings, address);
    return notes->list.empty() ? "" : notes->list.back().text;
  }

  static inline std::string problem;
  static inline lab::Descriptor tun;
  Round round;
};

const Settings kQuick = {{"patience", "500ms"}, {"packets", "4"}};
Settings with(std::string_view name, std::string text) {
  Settings settings = kQuick;
  settings.emplace_back(name, std::move(text));
  return settings;
}

TEST_F(PathTest, FindsEveryHopByEitherMethodAndProtocol) {
  const Route route(tun, 3, {});
  for (const std::string method : {"icmp", "udp"}) {
    const std::string four = found(with("method", method));
    EXPECT_EQ(round.outcome, Outcome::ok);
    EXPECT_EQ(round.value_count, 0);
    EXPECT_THAT(four, HasSubstr("the endpoint answers and no hop loses anything for good")) << method;
    EXPECT_THAT(four, testing::ContainsRegex("1 10.0.1.1 [0-9.]+ ms, 2 10.0.2.1 [0-9.]+ ms, 3 10.0.3.1 "
                                             "[0-9.]+ ms, 4 10.9.9.9 [0-9.]+ ms"))
        << method;
    EXPECT_THAT(found(with("method", method), "fd00::9:9"),
                testing::ContainsRegex("1 fd00::1:1 [0-9.]+ ms, 2 fd00::2:1 [0-9.]+ ms, 3 fd00::3:1 "
                                       "[0-9.]+ ms, 4 fd00::9:9 [0-9.]+ ms"))
        << method;
  }
}

TEST_F(PathTest, LossBeginsBehindTheLastGoodHop) {
  const Route route(tun, 4, {{3, {.loses_each = 2}}});
  EXPECT_THAT(found(kQuick), HasSubstr("loss begins between hop 2 (10.0.2.1) and hop 3 (10.0.3.1)"));
  EXPECT_EQ(round.outcome, Outcome::ok) << "it tells where, not that the endpoint is bad";
}

TEST_F(PathTest, ASilentRouterIsPassedOver) {
  const Route route(tun, 3, {{2, {.silent = true}}});
  const std::string text = found(kQuick);
  EXPECT_THAT(text, HasSubstr("the endpoint answers and no hop loses anything for good"));
  EXPECT_THAT(text, HasSubstr(", 2 *, 3 10.0.3.1"));
}

TEST_F(PathTest, ACutIsBehindTheLastThatAnswersAndIsNotSearchedForEver) {
  const Route route(tun, 3, {{3, {.loses_each = 1}}});
  EXPECT_THAT(found(kQuick), HasSubstr("nothing answers behind hop 2 (10.0.2.1)"));
  EXPECT_LE(route.packets(), 12U + 3 * 3U) << "two windows of hops, then only what may be there";
}

TEST_F(PathTest, ARouterThatRefusesSaysWhy) {
  const Route route(tun, 3, {{2, {.refuses_with = 13}}});
  EXPECT_THAT(found(kQuick), HasSubstr("hop 2 (10.0.2.1) says: admin_prohibited"));
}

TEST_F(PathTest, TellsWhereTheDelayIsAddedAndThatTheWayIsAnother) {
  {
    const Route route(tun, 3, {});
    EXPECT_THAT(found(kQuick), Not(HasSubstr("ms come")));
  }
  const Route route(tun, 3, {{3, {.delay_ms = 30}}});
  EXPECT_THAT(found(with("packets", "1")),
              HasSubstr("ms come between hop 2 (10.0.2.1) and hop 3 (10.0.3.1)"));
}

TEST_F(PathTest, NothingIsSaidWhereNothingAnswers) {
  const Route route(tun, 1, {{1, {.loses_each = 1}}});
  EXPECT_THAT(found(kQuick), HasSubstr("no hop answers"));
  EXPECT_EQ(round.outcome, Outcome::lost);
}

TEST_F(PathTest, ATimeLimitEndsItWithWhatIsKnown) {
  const Route route(tun, 3, {{3, {.loses_each = 1}}});
  round = measure("path", {{"patience", "10s"}}, "10.9.9.9", std::chrono::milliseconds(300));
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_THAT(notes->list.back().text, HasSubstr("nothing answers behind hop 2"));
}

TEST_F(PathTest, ACancellationEndsItAtOnce) {
  const Route route(tun, 3, {{3, {.loses_each = 1}}});
  cancel_soon();
  round = measure("path", {{"patience", "10s"}}, "10.9.9.9");
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

TEST_F(PathTest, ANameThatDoesNotExistIsSaidSo) {
  round = measure("path", kQuick, "no-such-name.invalid");
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::name_unresolved);
}

}  // namespace
}  // namespace faultline::session
