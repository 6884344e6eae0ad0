#include "probes/wire/pm_formula.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

namespace faultline::wire {
namespace {

double value_of(const std::string& text, const std::map<std::string, double>& counters = {}) {
  const auto formula = PmFormula::parse(text);
  if (!formula) throw std::runtime_error(formula.error().message);
  std::vector<double> values;
  for (const std::string& name : formula->counters()) {
    const auto found = counters.find(name);
    values.push_back(found == counters.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
  }
  return formula->value(values);
}
std::string problem_of(const std::string& text) {
  const auto formula = PmFormula::parse(text);
  return formula ? "" : formula.error().message;
}

TEST(PmFormula, IsArithmetic) {
  EXPECT_EQ(value_of("1 + 2 * 3 - 4 / 8"), 6.5);
  EXPECT_EQ(value_of("-(1 + 2) * -3"), 9);
  EXPECT_EQ(value_of("8 / 2 / 2 - 1 - 1"), 0);
  EXPECT_EQ(value_of("1e3*.5"), 500);
}

TEST(PmFormula, TakesCountersByTheirNames) {
  EXPECT_EQ(value_of("RRU.PrbUsedDl / RRU.PrbAvailDl", {{"RRU.PrbUsedDl", 40}, {"RRU.PrbAvailDl", 100}}),
            0.4);
  EXPECT_EQ(value_of("1 - 'L.Cell-Down (s)' / 900", {{"L.Cell-Down (s)", 90}}), 0.9);
  EXPECT_EQ(value_of("a-b", {{"a", 3}, {"b", 1}}), 2) << "a hyphen is a minus";
  EXPECT_EQ(value_of("mean", {{"mean", 3}}), 3) << "a counter may be called so";
  EXPECT_EQ(PmFormula::parse("a + b * a")->counters(), (std::vector<std::string>{"a", "b"}));
}

TEST(PmFormula, WhatIsNotKnownHasNoValue) {
  EXPECT_TRUE(std::isnan(value_of("a + 1")));
  EXPECT_TRUE(std::isnan(value_of("1 / 0")));
  EXPECT_TRUE(std::isnan(value_of("1 / (1 / 0)"))) << "and nothing can be made of that";
  EXPECT_TRUE(std::isnan(value_of("a / b", {{"a", 0}, {"b", 0}})));
  EXPECT_TRUE(std::isnan(value_of("a * a", {{"a", 1e300}})));
}

TEST(PmFormula, MeanIsOfTheMiddlesOfTheBins) {
  const std::string text = "mean(-140 R.Bin0 -120 R.Bin1 -100 'R-Bin2' -90)";
  EXPECT_EQ(value_of(text, {{"R.Bin0", 1}, {"R.Bin1", 1}, {"R-Bin2", 2}}), (-130 - 110 - 2 * 95) / 4.0);
  EXPECT_EQ(value_of("2 * mean(0 a 10 b 20) + mean(0 c 1)", {{"a", 0}, {"b", 5}, {"c", 1}}), 30.5);
  EXPECT_TRUE(std::isnan(value_of(text, {{"R.Bin0", 0}, {"R.Bin1", 0}, {"R-Bin2", 0}})))
      << "nothing was counted";
  EXPECT_TRUE(std::isnan(value_of(text, {{"R.Bin0", 1}, {"R.Bin1", 1}}))) << "a bin is missing";
}

TEST(PmFormula, SaysWhatIsWrong) {
  EXPECT_EQ(problem_of(""), "character 1 of \"\": expected a number, a counter or (");
  EXPECT_EQ(problem_of("a +"), "character 4 of \"a +\": expected a number, a counter or (");
  EXPECT_EQ(problem_of("a b"), "character 3 of \"a b\": expected an operator or the end");
  EXPECT_EQ(problem_of("(a"), "character 3 of \"(a\": expected )");
  EXPECT_EQ(problem_of("'a"), "character 1 of \"'a\": expected a number, a counter or (");
  EXPECT_EQ(problem_of("mean(a)"), "character 6 of \"mean(a)\": expected an edge of the histogram, a number");
  EXPECT_EQ(problem_of("mean(1)"), "character 7 of \"mean(1)\": expected a counter");
  EXPECT_EQ(problem_of("mean(1 a 1)"), "character 11 of \"mean(1 a 1)\": expected edges that rise");
  EXPECT_EQ(problem_of("mean(1 a 2 b)"),
            "character 13 of \"mean(1 a 2 b)\": expected an edge of the histogram, a number");
  EXPECT_NE(problem_of(std::string(100, '(') + "1" + std::string(100, ')')), "");
  std::string long_one = "1";
  for (int i = 0; i < 1000; ++i) long_one += "+1";
  EXPECT_NE(problem_of(long_one), "");
}

}  // namespace
}  // namespace faultline::wire
