// Theil-Sen, Sen's interval and Mann-Kendall against values worked out by hand.
#include "rules/foresee/trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace faultline::foresee {
namespace {

std::vector<DayValue> series(std::initializer_list<double> values) {
  std::vector<DayValue> all;
  for (const double value : values) all.push_back({static_cast<double>(all.size()), value});
  return all;
}

// Gilbert (1987), chapter 16.4.1: 10, 15, 14, 20 has the pair signs + + + - + +, so S = 4.
TEST(MannKendall, CountsRisingAndFallingPairs) {
  EXPECT_EQ(mann_kendall(series({10, 15, 14, 20})).s, 4);
  EXPECT_EQ(mann_kendall(series({20, 14, 15, 10})).s, -4);
}

// n = 10, strictly rising: S = 45, Var S = 10 * 9 * 25 / 18 = 125, z = 44 / sqrt(125) = 3.9355, p = 8.30e-5.
TEST(MannKendall, HasTheNormalApproximationWithContinuity) {
  const MannKendall test = mann_kendall(series({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(test.s, 45);
  EXPECT_NEAR(test.z, 3.93548, 1e-5);
  EXPECT_NEAR(test.p, 8.30e-5, 5e-7);
}

// Two threefold ties among 10: Var S = (2250 - 2 * 3 * 2 * 11) / 18 = 117.667. Of 45 pairs 6 are ties: S
// = 39.
TEST(MannKendall, TakesTiesOutOfTheVariance) {
  const MannKendall test = mann_kendall(series({1, 1, 1, 2, 3, 4, 5, 6, 6, 6}));
  EXPECT_EQ(test.s, 39);
  EXPECT_NEAR(test.z, 38 / std::sqrt(2118.0 / 18), 1e-9);
}

TEST(MannKendall, SaysNothingOfTheSameValueOrOfTooFew) {
  EXPECT_EQ(mann_kendall(series({3, 3, 3, 3})).p, 1);
  EXPECT_EQ(mann_kendall(series({3})).p, 1);
  EXPECT_EQ(mann_kendall({}).p, 1);
}

TEST(TheilSen, FindsTheLineUnderWildDays) {
  std::vector<DayValue> days;
  for (int i = 0; i < 28; ++i) days.push_back({100.0 + i, 5 - 0.25 * i + 0.01 * (i % 3)});
  days[4].value = 50;  // least squares would follow these
  days[20].value = -80;
  const auto line = theil_sen(days, 1.2816);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->per_day, -0.25, 0.002);
  EXPECT_LE(line->low, line->per_day);
  EXPECT_GE(line->high, line->per_day);
  EXPECT_NEAR(level_at(days, line->per_day, 128), 5 - 0.25 * 28, 0.05);
}

// 0, 1, 3, 3: slopes 1, 1.5, 1, 2, 1, 0; sorted 0 1 1 1 1.5 2; the median is 1. One tie of two:
// Var S = (4 * 3 * 13 - 2 * 1 * 9) / 18 = 7.6667; C = 1 * 2.7689 with z = 1. Ranks (6 - C) / 2 = 1.6156 and
// (6 + C) / 2 + 1 = 5.3844: 0 + 0.6156 * 1 = 0.6156 and 1.5 + 0.3844 * 0.5 = 1.6922.
TEST(TheilSen, HasSensInterval) {
  const auto line = theil_sen(series({0, 1, 3, 3}), 1);
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->per_day, 1);
  EXPECT_NEAR(line->low, 0.61557, 1e-4);
  EXPECT_NEAR(line->high, 1.69222, 1e-4);
}

TEST(TheilSen, UsesTheDaysThatThereAre) {
  const std::vector<DayValue> days = {{1, 10}, {2, 11}, {9, 18}, {10, 19}};  // a week is missing
  EXPECT_DOUBLE_EQ(theil_sen(days, 1.2816)->per_day, 1);
  EXPECT_FALSE(theil_sen(std::vector<DayValue>{{1, 10}}, 1.2816));
}

// The true slope lies in the 80 % interval in about 80 of 100 noisy series.
TEST(TheilSen, IntervalHoldsTheSlopeAsOftenAsItSays) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(0, 1);
  int inside = 0;
  constexpr int kSeries = 1000;
  for (int n = 0; n < kSeries; ++n) {
    std::vector<DayValue> days;
    for (int i = 0; i < 28; ++i) days.push_back({static_cast<double>(i), 0.1 * i + noise(random)});
    const auto line = theil_sen(days, 1.2816);
    inside += line->low <= 0.1 && 0.1 <= line->high ? 1 : 0;
  }
  EXPECT_NEAR(inside, 800, 60);
}

// -20 falling by exactly 0.1 a day over 28 days (0 … 27); on day 28 it is -22.8. To -27: 42 days.
TEST(Crossing, IsWhereTheLineMeetsTheLimit) {
  std::vector<DayValue> days;
  for (int i = 0; i < 28; ++i) days.push_back({static_cast<double>(i), -20 - 0.1 * i});
  const auto when = crossing(days, {-0.1, -0.1, -0.1}, 28, -27);
  ASSERT_TRUE(when);
  EXPECT_NEAR(when->days, 42, 1e-6);
  EXPECT_NEAR(when->soonest, 42, 1e-6);
  EXPECT_NEAR(*when->latest, 42, 1e-6);
}

// The same days with the slope between -0.2 and -0.05. A line of -0.2 through their medians (day 13.5,
// -21.35) is at -24.25 on day 28: 2.75 / 0.2 = 13.75 days. One of -0.05 is at -22.075: 4.925 / 0.05 = 98.5
// days.
TEST(Crossing, HasTheIntervalOfTheSlopes) {
  std::vector<DayValue> days;
  for (int i = 0; i < 28; ++i) days.push_back({static_cast<double>(i), -20 - 0.1 * i});
  const auto when = crossing(days, {-0.1, -0.2, -0.05}, 28, -27);
  ASSERT_TRUE(when);
  EXPECT_NEAR(when->soonest, 13.75, 1e-6);
  EXPECT_NEAR(*when->latest, 98.5, 1e-6);
}

TEST(Crossing, MayNeverBe) {
  const auto days = series({0, 1, 2, 3, 4});
  EXPECT_FALSE(crossing(days, {1, 1, 1}, 5, -10)) << "it goes the other way";
  EXPECT_FALSE(crossing(days, {1, 1, 1}, 5, 3)) << "it is there already";
  EXPECT_FALSE(crossing(days, {0, 0, 0}, 5, 10));
  const auto perhaps = crossing(days, {1, -0.5, 2}, 5, 10);
  ASSERT_TRUE(perhaps);
  EXPECT_FALSE(perhaps->latest);
}

}  // namespace
}  // namespace faultline::foresee
