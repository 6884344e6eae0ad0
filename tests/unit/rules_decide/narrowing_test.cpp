// When is the localiser asked what is left of an incident, and which parts have lasted?
#include "rules/decide/narrowing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kOpened{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)};

NarrowingRules rules() {
  return {10min, 6, 10min, 15s, 0.5};
}

Hypothesis part(Root root, Level level, std::vector<EndpointIndex> bad) {
  Hypothesis found;
  found.root = std::move(root);
  found.level = level;
  found.bad = std::move(bad);
  return found;
}
const EndpointIndex kOne{1}, kTwo{2}, kThree{3};
const Hypothesis kSite = part(NodeIndex{7}, Level::site, {kOne, kTwo});
const Hypothesis kOther = part(NodeIndex{8}, Level::site, {kThree});
const Hypothesis kLine = part(kThree, Level::endpoint, {kThree});

struct Asked {
  Narrowing narrowing;
  Timestamp now = kOpened + 10min;

  void ask(Remainder left, Duration until) {
    for (const Timestamp end = now + until; now < end; now += 15s)
      narrowing.note(left, {kOne, kTwo, kThree}, kOpened, now, rules());
  }
  std::size_t settled() const { return narrowing.settled(now, rules()).size(); }
};

TEST(NarrowingTimer, APartSettlesWhenItHasHeldForThePatience) {
  Asked asked;
  asked.ask({{kSite}, 40, true}, 9min + 45s);
  EXPECT_EQ(asked.settled(), 0U);
  asked.ask({{kSite}, 40, true}, 15s);
  EXPECT_EQ(asked.settled(), 1U);
}

TEST(NarrowingTimer, AnAnswerThatIsNotBetterByMoreThanTheLeadStartsItAnew) {
  Asked asked;
  asked.ask({{kSite}, 6.1, false}, 9min);
  asked.ask({{kSite}, 6, false}, 15s);
  asked.ask({{kSite}, 6.1, false}, 9min);
  EXPECT_EQ(asked.settled(), 0U);
}

TEST(NarrowingTimer, TheTimeBeforeTheAgeDoesNotCount) {
  Asked asked;
  asked.now = kOpened + 5min;
  asked.ask({{kSite}, 40, true}, 14min);
  EXPECT_EQ(asked.settled(), 0U);
  asked.ask({{kSite}, 40, true}, 1min);
  EXPECT_EQ(asked.settled(), 1U);
}

TEST(NarrowingTimer, NothingIsSettledWhileAnotherNodeIsNew) {
  Asked asked;
  asked.ask({{kSite}, 40, true}, 9min);
  asked.ask({{kSite, kOther}, 40, true}, 2min);
  EXPECT_EQ(asked.settled(), 0U);
  asked.ask({{kSite, kOther}, 40, true}, 8min);
  EXPECT_EQ(asked.settled(), 2U);
}

TEST(NarrowingTimer, ASingleEndpointThatIsNewIsNotWaitedFor) {
  Asked asked;
  asked.ask({{kSite}, 40, true}, 9min);
  asked.ask({{kSite, kLine}, 40, true}, 1min);
  EXPECT_EQ(asked.settled(), 1U);
}

TEST(NarrowingTimer, OneSingleEndpointIsNoNarrowerExplanation) {
  Asked asked;
  asked.ask({{kLine}, 0, true}, 20min);
  EXPECT_EQ(asked.settled(), 0U);
}

TEST(NarrowingTimer, AfterATimeWithoutAnswersItStartsAnew) {
  Asked asked;
  asked.ask({{kSite}, 40, true}, 9min);
  asked.now += 2min;
  asked.ask({{kSite}, 40, true}, 9min);
  EXPECT_EQ(asked.settled(), 0U);
}

TEST(NarrowingTimer, AClockThatIsSetBackDelaysNothing) {
  Asked asked;
  asked.ask({{kSite}, 40, true}, 9min);
  asked.now -= 1h;
  asked.narrowing.set_back(asked.now, 1h);
  EXPECT_TRUE(asked.narrowing.is_due({kOne}, 2, asked.now + 15s, rules()));
  asked.ask({{kSite}, 40, true}, 1min);
  EXPECT_EQ(asked.settled(), 1U);
}

TEST(NarrowingTimer, OfThousandsATenthMustBeWell) {
  std::vector<EndpointIndex> bad(3600);
  for (std::uint32_t i = 0; i < bad.size(); ++i) bad[i] = {i};
  const Narrowing narrowing;
  EXPECT_FALSE(narrowing.is_due(bad, 3900, kOpened, rules()));
  EXPECT_TRUE(narrowing.is_due(bad, 4100, kOpened, rules()));
  bad.resize(1900);
  EXPECT_TRUE(narrowing.is_due(bad, 1900, kOpened, rules())) << "of fewer it costs little";
}

TEST(NarrowingTimer, IsDueWhenMembersChangedOrAPartWaitsButNotTooOften) {
  Narrowing narrowing;
  EXPECT_FALSE(narrowing.is_due({}, 2, kOpened, rules()));
  EXPECT_TRUE(narrowing.is_due({kOne}, 2, kOpened, rules()));
  narrowing.note({}, {kOne}, kOpened, kOpened, rules());
  EXPECT_FALSE(narrowing.is_due({kOne, kTwo}, 2, kOpened + 14s, rules()));
  EXPECT_TRUE(narrowing.is_due({kOne, kTwo}, 2, kOpened + 15s, rules()));
  EXPECT_FALSE(narrowing.is_due({kOne}, 2, kOpened + 1h, rules()));
  narrowing.note({{kSite}, 40, true}, {kOne}, kOpened, kOpened, rules());
  EXPECT_TRUE(narrowing.is_due({kOne}, 2, kOpened + 15s, rules()));
  EXPECT_TRUE(narrowing.is_of_node(kTwo));
  EXPECT_FALSE(narrowing.is_of_node(kThree));
}

}  // namespace
}  // namespace faultline::decide
