#include "rules/decide/recurrence.h"

#include "tests/unit/rules_decide/book_world.h"
#include "tests/unit/rules_decide/fixture.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using test::kStart;
using test::rules;

const Root kRing = NodeIndex{4};

bool is_daily(const test::BookWorld& world) {
  const auto seen = observed_of(*world.book.find(1), *world.topology);
  return std::find(seen.begin(), seen.end(), CauseFeature::recurs_daily) != seen.end();
}

TEST(Recurrence, IsAtTheSameHourOnThreeDaysOfAWeek) {
  Recurrence past;
  past.note(kRing, kStart);
  EXPECT_FALSE(past.is_daily(kRing, kStart + days(1), rules().cause)) << "twice is chance";
  past.note(kRing, kStart + days(1) + 50min);
  EXPECT_TRUE(past.is_daily(kRing, kStart + days(2), rules().cause));
  EXPECT_TRUE(past.is_daily(kRing, kStart + days(4) - 10min, rules().cause));
  EXPECT_FALSE(past.is_daily(kRing, kStart + days(2) + 3h, rules().cause)) << "another hour";
  EXPECT_FALSE(past.is_daily(NodeIndex{5}, kStart + days(2), rules().cause));
}

TEST(Recurrence, CountsDaysAndNotFaults) {
  Recurrence past;
  for (int i = 0; i < 5; ++i) past.note(kRing, kStart + i * 10min);
  EXPECT_EQ(past.other_days(kRing, kStart + days(1), rules().cause), 1U);
  EXPECT_EQ(past.other_days(kRing, kStart + 30min, rules().cause), 0U) << "today is no other day";
}

TEST(Recurrence, ForgetsWhatIsOlderThanAWeek) {
  Recurrence past;
  past.note(kRing, kStart);
  past.note(kRing, kStart + days(1));
  EXPECT_TRUE(past.is_daily(kRing, kStart + days(7), rules().cause));
  EXPECT_FALSE(past.is_daily(kRing, kStart + days(8), rules().cause));
}

TEST(Recurrence, IsAReasonForTheCause) {
  test::BookWorld daily(test::small_network(2, 2, 3)), once(test::small_network(2, 2, 3));
  const Root root = daily.node("agg-1");
  daily.book.note_past(root, daily.now - days(2));
  daily.book.note_past(root, daily.now - days(1) + 10min);
  once.book.note_past(root, once.now - days(1));
  for (test::BookWorld* world : {&daily, &once}) {
    world->set_bad("agg-1", 0.1F);
    world->pass(3min);
  }
  EXPECT_TRUE(is_daily(daily));
  EXPECT_FALSE(is_daily(once));
}

TEST(Recurrence, TheBookRemembersWhatItOpened) {
  test::BookWorld world(test::small_network(2, 2, 3));
  const auto fail = [&] {
    world.set_bad("agg-1", 0.1F);
    world.pass(3min);
    world.set_good("agg-1");
    world.pass(60min);
    world.now += days(1) - 63min;
  };
  fail();
  fail();
  world.set_bad("agg-1", 0.1F);
  world.pass(3min);
  const auto seen = observed_of(*world.book.find(world.book.next_number() - 1), *world.topology);
  EXPECT_EQ(world.count(IncidentEvent::opened), 3U);
  EXPECT_NE(std::find(seen.begin(), seen.end(), CauseFeature::recurs_daily), seen.end());
}

}  // namespace
}  // namespace faultline::decide
