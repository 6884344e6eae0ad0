// What is remembered over weeks: troubles, the busy hour, daily medians.
#include "rules/detect/past.h"

#include "tests/unit/rules_detect/world.h"

#include <gtest/gtest.h>

#include <cmath>

namespace faultline::detect {
namespace {

constexpr Timestamp kThursday = Timestamp(std::chrono::days(20'776));  // 2968 whole weeks since 1970

TEST(Past, WeeksSlide) {
  Past past;
  week_at(past, kThursday + 24h).bad_minutes = 70;
  EXPECT_DOUBLE_EQ(troubles_of(past, kThursday + 48h).bad_minutes_7d, 70);
  week_at(past, kThursday + 7 * 24h).falls = 3;
  // Half a week later half of the week before is inside the last seven days, and all of it inside the
  // last 28.
  const LearntTroubles t = troubles_of(past, kThursday + 84h + 7 * 24h);
  EXPECT_DOUBLE_EQ(t.bad_minutes_7d, 35);
  EXPECT_DOUBLE_EQ(t.bad_minutes_28d, 70);
  EXPECT_DOUBLE_EQ(t.falls_28d, 3);
  EXPECT_DOUBLE_EQ(troubles_of(past, kThursday + 20 * 7 * 24h).bad_minutes_28d, 0);
}

TEST(Past, ADayIsStrainedIfMostOfAnHourWas) {
  Past past;
  const auto hour = [&](std::uint16_t day, std::uint8_t at, int strained) {
    for (int i = 0; i < 10; ++i) note_load(past, day, at, i < strained, 0.5);
  };
  hour(100, 19, 6);
  hour(100, 23, 0);
  hour(101, 20, 4);
  hour(102, 21, 5);
  EXPECT_EQ(busy_hour_of(past).days, 2) << "the present day is not over";
  EXPECT_EQ(busy_hour_of(past).strained_days, 1);
  EXPECT_EQ(busy_hour_of(past).hour, 19);
  hour(103, 9, 0);
  EXPECT_EQ(busy_hour_of(past).strained_days, 2);
  EXPECT_EQ(busy_hour_of(past).hour, 21);
  hour(115, 9, 0);  // nothing was measured for long
  EXPECT_EQ(busy_hour_of(past).days, 3) << "101, 102 and 103";
  EXPECT_EQ(busy_hour_of(past).strained_days, 1);
}

TEST(Past, TheScaleIsFollowedByAStepADay) {
  Past past;
  follow_scale(past, 100, 0);
  EXPECT_EQ(past.scale_before, 0);
  follow_scale(past, 101, 40);
  EXPECT_EQ(past.scale_before, 40);
  for (std::uint16_t day = 102; day < 105; ++day) follow_scale(past, day, 60);
  EXPECT_EQ(past.scale_before, 43);
  follow_scale(past, 105, 20);
  EXPECT_EQ(past.scale_before, 42);
}

class Weeks : public testing::Test {
 protected:
  // Rounds every five minutes; RTT by local hour.
  void run(int days, const std::function<double(int)>& rtt_of_hour) {
    for (const Timestamp end = world.now + std::chrono::days(days); world.now < end; world.now += 5min) {
      const auto hour = static_cast<int>(to_seconds(world.now.time_since_epoch() % 24h) / 3600);
      world.send(world.packets(10, 0, rtt_of_hour(hour) * (1 + 0.01 * (++wobble % 5))));
    }
  }
  World world;
  int wobble = 0;
};

// Every evening from the first on: whether the baseline has learnt it (then nothing is bad) or not, the
// capacity list hears of it.
TEST_F(Weeks, CongestedEveningsAreStrainedDays) {
  run(21, [](int hour) { return hour >= 19 && hour < 22 ? 60 : 20; });
  const LearntEndpoint learnt = world.detector.learnt(world.a, world.now);
  EXPECT_GE(learnt.busy.hour, 19);
  EXPECT_LT(learnt.busy.hour, 22);
  EXPECT_EQ(learnt.busy.days, 14);
  EXPECT_GE(learnt.busy.strained_days, 13);
}

// The peak grew slowly, so that the baseline followed.
TEST_F(Weeks, LearntCongestionIsStrainToo) {
  for (int week = 0; week < 12; ++week)
    run(7, [&](int hour) { return hour >= 19 && hour < 22 ? 20 + 2.5 * week : 20; });
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_GE(world.detector.learnt(world.a, world.now).busy.strained_days, 13);
}

TEST_F(Weeks, QuietEveningsAreNot) {
  run(21, [](int hour) { return hour >= 19 && hour < 22 ? 22 : 20; });
  EXPECT_EQ(world.detector.learnt(world.a, world.now).busy.strained_days, 0);
}

TEST_F(Weeks, DailyMediansAreOfTheWholeDay) {
  run(3, [](int hour) { return hour >= 19 ? 40 : 20; });  // 19 hours of 24
  const LearntEndpoint learnt = world.detector.learnt(world.a, world.now);
  const LearntMetric* rtt = learnt.find(Metric::rtt_ms);
  ASSERT_NE(rtt, nullptr);
  EXPECT_NEAR(std::exp(rtt->days.back()), 20, 3);
  EXPECT_TRUE(std::isnan(rtt->days.front())) << "four weeks ago nothing was measured";
}

TEST_F(Weeks, DaysWithoutRoundsAreGaps) {
  run(3, [](int) { return 20; });
  world.now += std::chrono::days(5);
  run(2, [](int) { return 20; });
  const LearntEndpoint learnt = world.detector.learnt(world.a, world.now);
  const LearntMetric* rtt = learnt.find(Metric::rtt_ms);
  ASSERT_NE(rtt, nullptr);
  EXPECT_FALSE(std::isnan(rtt->days[27]));
  EXPECT_TRUE(std::isnan(rtt->days[24]));
  EXPECT_FALSE(std::isnan(rtt->days[20]));
}

// Three weeks with a wobble of about 2 %, then some days with twice that: what it was is not forgotten
// yet.
TEST_F(Weeks, ARestlessEndpointShowsInItsScale) {
  run(21, [this](int) { return 20 * (1 + 0.02 * (wobble % 7)); });
  EXPECT_NEAR(world.detector.learnt(world.a, world.now).scale_growth, 1, 0.05);
  run(5, [this](int) { return 20 * (1 + 0.04 * (wobble % 7)); });
  EXPECT_GT(world.detector.learnt(world.a, world.now).scale_growth, 1.08);
}

TEST_F(Weeks, TroublesAreCounted) {
  world.run_good(100);
  world.go_down();
  for (int minute = 0; minute < 30; ++minute, world.now += 60s) {
    world.send(world.packets(5, 5));
    world.tick();
  }
  const LearntTroubles t = world.detector.learnt(world.a, world.now).troubles;
  EXPECT_NEAR(t.bad_minutes_7d, 30, 1);
  EXPECT_DOUBLE_EQ(t.falls_28d, 1);
  EXPECT_DOUBLE_EQ(t.suspicions_7d, 1);
  EXPECT_EQ(world.detector.learnt(world.b, world.now).troubles.bad_minutes_7d, 0);
}

}  // namespace
}  // namespace faultline::detect
