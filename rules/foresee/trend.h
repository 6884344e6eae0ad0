// Trends of daily medians that a few wild days cannot bend: Theil-Sen slope with Sen's interval, Mann-Kendall
// test. Pure arithmetic over at most 28 days (378 pairs, some 5 µs). Sources: P. K. Sen, JASA 63 (1968) 1379;
// R. O. Gilbert, Statistical Methods for Environmental Pollution Monitoring (1987), chapters 16.4 and 16.5.
#pragma once

#include "rules/model/learnt.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace faultline::foresee {

struct DayValue {
  double day = 0;
  double value = 0;
};

// The days that were measured, oldest first, by value without allocation.
class DayValues {
 public:
  explicit DayValues(const LearntMetric& metric);
  std::span<const DayValue> all() const { return {values_.data(), count_}; }

 private:
  std::array<DayValue, kLearntDays> values_{};
  std::size_t count_ = 0;
};

struct MannKendall {
  int s = 0;     // rising minus falling pairs
  double z = 0;  // with continuity correction; 0 if all are equal or there are too few
  double p = 1;  // two-sided, normal approximation (from 10 values on), ties accounted for
};
MannKendall mann_kendall(std::span<const DayValue> values);

// A line through the days. `low` and `high` bound the slope.
struct Line {
  double per_day = 0, low = 0, high = 0;
};
// Median of all pair slopes; the bounds are the pair slopes at ranks (N -+ C) / 2 with C = z * sqrt(Var S)
// (Sen). Nothing of fewer than two distinct days. At most kLearntDays values are looked at.
std::optional<Line> theil_sen(std::span<const DayValue> values, double interval_z);

// Where the line with this slope is on a day: the median of what is left of the values without the slope.
double level_at(std::span<const DayValue> values, double per_day, double day);

// Days from `day` until the lines reach `limit`. `latest` is empty if the flattest line of the interval never
// does.
struct Crossing {
  double days = 0;
  double soonest = 0;
  std::optional<double> latest;
};
// Nothing if the line does not lead there, or is there already.
std::optional<Crossing> crossing(std::span<const DayValue> values, const Line& line, double day,
                                 double limit);

}  // namespace faultline::foresee
