// What a round is worth, and what a baseline learns of the usual. How fast the detectors react is in
// run_length_test.cpp.
#include "rules/detect/baseline.h"
#include "rules/detect/counts.h"
#include "tests/unit/rules_detect/world.h"

#include <cmath>
#include <random>

namespace faultline::detect {
namespace {

CountRules count_rules() {
  return shipped_rules()->counts;
}

TEST(CountTable, IsTheLogLikelihoodRatioOfTheRound) {
  const CountTable table(count_rules());
  const Increments one = table.increments({10, 1}, 0);
  EXPECT_NEAR(one.fast, std::log(0.2 / 0.005) + 9 * std::log(0.8 / 0.995), 1e-12);
  EXPECT_NEAR(one.grey, std::log(0.03 / 0.005) + 9 * std::log(0.97 / 0.995), 1e-12);
}

TEST(CountTable, ForgivesWhatAPathUsuallyLoses) {
  const CountTable table(count_rules());
  EXPECT_GT(table.increments({10, 1}, 0).fast, 0);
  EXPECT_LT(table.increments({10, 1}, 0.1).fast, 0);
  for (const double usual : {0.0, 0.004, 0.02, 0.2, 0.6, 1.0}) {
    EXPECT_TRUE(std::isfinite(table.increments({10, 10}, usual).fast)) << usual;
    EXPECT_GT(table.increments({10, 10}, usual).grey, 0) << usual;
    EXPECT_LT(table.increments({10, 0}, usual).fast, 0) << usual;
  }
}

class Baseline : public testing::Test {
 protected:
  // Learns `values` a minute apart; what comes of them after each.
  template <typename Value>
  void run(int minutes, Value&& value) {
    for (int i = 0; i < minutes; ++i, now += 1min) {
      const Slot slot = slot_at(now, {});
      const Prediction usual = predict(metric, slot, rule, rules->baseline);
      learn(metric, value(now), usual, slot, rule, rules->baseline, pace_of(rules->baseline, 60));
    }
  }
  Prediction usual() const { return predict(metric, slot_at(now, {}), rule, rules->baseline); }

  std::shared_ptr<const DetectRules> rules = shipped_rules();
  MetricRule rule = rules->metric(Technology::lte, Metric::rsrp_dbm);
  ContinuousMetric metric;
  Timestamp now = kBegin;
  std::mt19937_64 random{11};
};

TEST_F(Baseline, RecoversFromGrossOutliersWithinATenth) {
  std::normal_distribution<double> noise(0, 4);
  std::bernoulli_distribution is_outlier(0.3);
  run(5000, [&](Timestamp) { return -90 + noise(random); });
  EXPECT_NEAR(usual().median, -90, 1);
  EXPECT_NEAR(usual().scale, 4, 0.6);
  run(600, [&](Timestamp) { return is_outlier(random) ? -400 : -90 + noise(random); });
  EXPECT_NEAR(usual().median, -90, 6);  // biased, not carried away
  run(1200, [&](Timestamp) { return -90 + noise(random); });
  double median = 0, scale = 0;
  for (int i = 0; i < 24; ++i) {
    run(60, [&](Timestamp) { return -90 + noise(random); });
    median += usual().median / 24;
    scale += usual().scale / 24;
  }
  EXPECT_NEAR(median, -90, 0.4);  // a tenth of sigma
  EXPECT_NEAR(scale, 4, 0.4);
}

TEST_F(Baseline, LearnsTheHoursOfTheDay) {
  std::normal_distribution<double> noise(0, 0.5);
  const auto evening = [](Timestamp t) {
    const double hour = to_seconds(t.time_since_epoch() % 24h) / 3600;
    return -90 - 8 * std::exp(-std::pow((hour - 20) / 2, 2));
  };
  run(10 * 24 * 60, [&](Timestamp t) { return evening(t) + noise(random); });
  double worst = 0;
  for (int i = 0; i < 24; ++i) {
    run(60, [&](Timestamp t) { return evening(t) + noise(random); });
    worst = std::max(worst, std::abs(usual().median - evening(now)));
  }
  EXPECT_LT(worst, 1.2);
  EXPECT_GE(metric.daily_count, 9);
}

TEST_F(Baseline, BorrowsFromWorkingDaysOnTheFirstWeekend) {
  run(3 * 24 * 60,
      [](Timestamp t) { return to_seconds(t.time_since_epoch() % 24h) / 3600 < 12 ? -80.0 : -90.0; });
  now = Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / 28)) + 6h;  // a Saturday
  EXPECT_NEAR(usual().median, -80, 0.5);
  now += 12h;
  EXPECT_NEAR(usual().median, -90, 0.5);
}

TEST_F(Baseline, HasNoneUntilItHasSeenEnough) {
  run(19, [](Timestamp) { return -90; });
  EXPECT_FALSE(usual().exists);
  run(1, [](Timestamp) { return -90; });
  EXPECT_TRUE(usual().exists);
}

TEST_F(Baseline, TakesSlowStepsSmallerThanItsResolution) {
  run(3000, [](Timestamp) { return -90; });
  const double before = usual().median;
  run(20'000, [](Timestamp) { return -90.5; });
  EXPECT_LT(usual().median, before - 0.2);
}

TEST_F(Baseline, NeverLearnsWhatIsNoNumber) {
  run(100, [](Timestamp) { return -90; });
  const double before = usual().median;
  run(10, [](Timestamp) { return std::numeric_limits<double>::infinity(); });
  run(10, [](Timestamp) { return std::numeric_limits<double>::quiet_NaN(); });
  EXPECT_EQ(usual().median, before);
}

TEST_F(Baseline, AScoreTooSmallToMatterCannotAddUp) {
  run(100, [](Timestamp) { return -90; });
  const Score small = score(metric, -93, usual(), rule, rules->change);
  EXPECT_LE(small.winsorised, rules->change.drift);
  const Score large = score(metric, -99, usual(), rule, rules->change);
  EXPECT_GT(large.winsorised, rules->change.drift);
  EXPECT_TRUE(large.deviates);
  EXPECT_LT(score(metric, -80, usual(), rule, rules->change).z, 0);  // better is not worse
}

TEST(Slots, FollowTheLocalClockAndTheKindOfDay) {
  const auto at = [](int day, Duration time) {
    return Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 11 / day)) + time;
  };
  EXPECT_EQ(slot_at(at(24, 10h + 30min), {}).bucket, 10U);
  EXPECT_EQ(slot_at(at(24, 10h + 30min), {}).share, 0);
  EXPECT_EQ(slot_at(at(24, 10h), {}).neighbour, 9U);
  EXPECT_DOUBLE_EQ(slot_at(at(24, 10h), {}).share, 0.5);
  EXPECT_EQ(slot_at(at(28, 10h), {}).bucket, 34U);          // Saturday
  EXPECT_EQ(slot_at(at(28, 0h), {}).neighbour, 47U);        // around midnight, the same kind of day
  EXPECT_EQ(slot_at(at(27, 23h + 30min), 1h).bucket, 24U);  // already Saturday there
  EXPECT_EQ(slot_at(at(24, 23h + 59min), {}).block, 7U);
  EXPECT_EQ(slot_at(Timestamp(-1h), {}).bucket, 23U);  // before 1970: still in the day
}

TEST(Sizes, AreWhatTheMemoryPlanSays) {
  EXPECT_EQ(sizeof(ContinuousMetric), 256U);
  EXPECT_EQ(sizeof(ProbeTrack), 128U);
  EXPECT_LE(sizeof(EndpointHealth) + sizeof(EndpointState) + sizeof(std::uint32_t), 128U);
}

}  // namespace
}  // namespace faultline::detect
