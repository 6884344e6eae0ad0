#include "rules/foresee/trend.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace faultline::foresee {
namespace {

constexpr std::size_t kMostPairs = kLearntDays * (kLearntDays - 1) / 2;

// Of the values; they are left in another order.
double median_of(std::span<double> values) {
  const std::size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle), values.end());
  const double upper = values[middle];
  if (values.size() % 2 == 1) return upper;
  return (upper + *std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(middle))) /
         2;
}

// Variance of S, less for groups of equal values.
double variance_of_s(std::span<const DayValue> values) {
  std::array<double, kLearntDays> sorted{};
  const std::size_t n = std::min(values.size(), sorted.size());
  for (std::size_t i = 0; i < n; ++i) sorted[i] = values[i].value;
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n));
  const auto term = [](double k) { return k * (k - 1) * (2 * k + 5); };
  double sum = term(static_cast<double>(n));
  for (std::size_t i = 0; i < n;) {
    std::size_t j = i + 1;
    while (j < n && sorted[j] == sorted[i]) ++j;
    sum -= term(static_cast<double>(j - i));
    i = j;
  }
  return sum / 18;
}

// Value at a rank from 1, between its neighbours; held to the ends.
double at_rank(std::span<const double> sorted, double rank) {
  const double at = std::clamp(rank - 1, 0.0, static_cast<double>(sorted.size() - 1));
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::span<const DayValue> latest(std::span<const DayValue> values) {
  return values.size() > kLearntDays ? values.last(kLearntDays) : values;
}

}  // namespace

DayValues::DayValues(const LearntMetric& metric) {
  for (std::size_t i = 0; i < kLearntDays; ++i) {
    if (std::isnan(metric.days[i])) continue;
    const double day = static_cast<double>(metric.last_day) - static_cast<double>(kLearntDays - 1 - i);
    values_[count_++] = {day, metric.days[i]};
  }
}

MannKendall mann_kendall(std::span<const DayValue> all) {
  const auto values = latest(all);
  MannKendall result;
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = i + 1; j < values.size(); ++j)
      result.s += (values[j].value > values[i].value) - (values[j].value < values[i].value);
  const double variance = variance_of_s(values);
  if (result.s == 0 || variance <= 0) return result;
  result.z = (result.s > 0 ? result.s - 1 : result.s + 1) / std::sqrt(variance);
  result.p = std::erfc(std::abs(result.z) / std::numbers::sqrt2);
  return result;
}

std::optional<Line> theil_sen(std::span<const DayValue> all, double interval_z) {
  const auto values = latest(all);
  std::array<double, kMostPairs> slopes{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = i + 1; j < values.size(); ++j)
      if (const double apart = values[j].day - values[i].day; apart != 0)
        slopes[count++] = (values[j].value - values[i].value) / apart;
  if (count == 0) return std::nullopt;
  const std::span<double> sorted(slopes.data(), count);
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(count);
  const double c = interval_z * std::sqrt(std::max(0.0, variance_of_s(values)));
  return Line{at_rank(sorted, (n + 1) / 2), at_rank(sorted, (n - c) / 2), at_rank(sorted, (n + c) / 2 + 1)};
}

double level_at(std::span<const DayValue> all, double per_day, double day) {
  const auto values = latest(all);
  if (values.empty()) return 0;
  std::array<double, kLearntDays> levels{};
  for (std::size_t i = 0; i < values.size(); ++i)
    levels[i] = values[i].value + per_day * (day - values[i].day);
  return median_of(std::span(levels.data(), values.size()));
}

std::optional<Crossing> crossing(std::span<const DayValue> values, const Line& line, double day,
                                 double limit) {
  const auto days_until = [&](double per_day) -> std::optional<double> {
    const double left = limit - level_at(values, per_day, day);
    if (per_day == 0 || left / per_day < 0) return std::nullopt;
    return left / per_day;
  };
  const auto expected = days_until(line.per_day);
  if (!expected) return std::nullopt;
  const bool rises = line.per_day > 0;
  Crossing result;
  result.days = *expected;
  // A steeper line that is beyond the limit today has crossed it.
  result.soonest = std::min(*expected, days_until(rises ? line.high : line.low).value_or(0));
  const double flattest = rises ? line.low : line.high;
  if (rises ? flattest > 0 : flattest < 0) {
    result.latest = days_until(flattest);
    if (result.latest) result.latest = std::max(*result.latest, *expected);
  }
  return result;
}

}  // namespace faultline::foresee
