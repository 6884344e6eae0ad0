#include "rules/foresee/findings.h"

#include "tests/unit/rules_foresee/learnt_days.h"

#include <gmock/gmock.h>

#include <random>

namespace faultline::foresee {
namespace {

const MetricRule& rule_of(Metric metric) {
  return shipped_rules()->detect.metric(Technology::gpon, metric);
}
std::vector<Finding> look(const LearntMetric& m) {
  return findings_of(m, rule_of(m.metric), shipped_rules()->foresee.trend);
}

// 28 days from -20 by -0.1 a day, a tenth of a decibel of wobble: on the next day about -22.8, to -27 in 42
// days.
TEST(Findings, ADimmingPortCrossesItsLimitOnADay) {
  const auto found =
      look(days_of(Metric::optical_rx_dbm, [](int i) { return -20 - 0.1 * i + 0.05 * (i % 2); }));
  ASSERT_FALSE(found.empty());
  const Finding& f = found[0];
  EXPECT_EQ(f.kind, FindingKind::crossing);
  EXPECT_EQ(f.limit, -27);
  EXPECT_NEAR(f.days, 42, 1.5);
  EXPECT_LE(f.soonest, f.days);
  EXPECT_GE(*f.latest, f.days);
  EXPECT_NEAR(f.per_day, -0.1, 0.003);
  EXPECT_NEAR(f.now, -22.8, 0.1);
  EXPECT_LT(*f.p, 1e-6);
  EXPECT_THAT(f.text, testing::MatchesRegex("crosses -27 dBm in 4[123] d \\(80 %: [0-9]+-[0-9]+\\)"));
}

TEST(Findings, ALimitBeyondTheHorizonIsNoForecast) {
  for (const Finding& f :
       look(days_of(Metric::optical_rx_dbm, [](int i) { return -15 - 0.1 * i + 0.05 * (i % 2); })))
    EXPECT_NE(f.kind, FindingKind::crossing) << f.text;
}

TEST(Findings, GettingBetterIsNone) {
  EXPECT_TRUE(look(days_of(Metric::optical_rx_dbm, [](int i) { return -26 + 0.05 * i; })).empty());
}

// Below the detector's smallest deviation from day to day, and 2.0 dB in four weeks: the boiled frog.
TEST(Findings, ASlowDegradationIsSeen) {
  const auto found = look(days_of(Metric::optical_rx_dbm, [](int i) { return -15 - 0.1 * i; }));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, FindingKind::slow_degradation);
  EXPECT_NEAR(found[0].now, -17.6, 0.01);     // median of the days 25, 26, 27
  EXPECT_NEAR(found[0].before, -15.7, 0.01);  // of 0 to 14
  EXPECT_EQ(found[0].text, "worse from -15.7 dBm to -17.6 dBm over the last two to four weeks");
}

TEST(Findings, AStepIsAShiftAndNotSlow) {
  const auto found = look(days_of(Metric::optical_rx_dbm, [](int i) { return i < 20 ? -15 : -17.5; }));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back().kind, FindingKind::baseline_shift);
  const auto better = look(days_of(Metric::optical_rx_dbm, [](int i) { return i < 20 ? -17.5 : -15; }));
  ASSERT_EQ(better.size(), 1U);
  EXPECT_EQ(better[0].kind, FindingKind::baseline_shift);
  EXPECT_THAT(better[0].text, testing::StartsWith("better"));
}

TEST(Findings, LessThanTheSmallestDeviationIsNothing) {
  EXPECT_TRUE(look(days_of(Metric::optical_rx_dbm, [](int i) { return -15 - 0.05 * i; })).empty());
  // 1.4 times the RTT, but 4 ms only.
  EXPECT_TRUE(look(days_of(Metric::rtt_ms, [](int i) { return i < 20 ? 10 : 14; })).empty());
}

TEST(Findings, TooFewDaysSayNothing) {
  const auto few = [](int i) { return i < 19 ? std::nan("") : -22 - 0.4 * (i - 19); };
  EXPECT_TRUE(look(days_of(Metric::optical_rx_dbm, few)).empty());
}

// Utilisation 0.30 by the day's median and 0.60 in the busy hour, growing by a hundredth a day of the former:
// the busy hour reaches 0.85 when the median is 0.425.
TEST(Findings, UtilisationIsProjectedForTheBusyHour) {
  LearntMetric m = days_of(Metric::utilisation, [](int i) { return 0.30 + 0.002 * i; });
  set_profile(m, [](std::size_t hour) { return hour == 20 ? 0.68 : 0.34; });
  EXPECT_DOUBLE_EQ(busy_factor(m), 2);
  const auto found = look(m);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].now, 0.712, 0.001);  // (0.30 + 28 * 0.002) * 2
  EXPECT_NEAR(found[0].days, 34.5, 0.2);    // (0.85 - 0.712) / 0.004
}

// Days that only wobble show a finding in at most a few of a hundred metrics, near the limit and far from it.
TEST(Findings, NoiseRaisesFewFalseAlarms) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise(0, 0.3);
  for (const double level : {-26.0, -20.0}) {
    int alarms = 0;
    constexpr int kSeries = 2000;
    for (int n = 0; n < kSeries; ++n)
      alarms +=
          look(days_of(Metric::optical_rx_dbm, [&](int) { return level + noise(random); })).empty() ? 0 : 1;
    EXPECT_LE(alarms, kSeries / 50) << "2 % at a level of " << level;
  }
}

}  // namespace
}  // namespace faultline::foresee
