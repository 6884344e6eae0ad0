#include "rules/foresee/findings.h"

#include "rules/foresee/trend.h"
#include "rules/model/metric_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace faultline::foresee {
namespace {

constexpr std::size_t kLatestDays = 3;                     // their median is the present level
constexpr std::size_t kOldestAge = 28, kYoungestAge = 14;  // of the days it is held against

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// Median of the days of these ages (1: the latest); nothing of less than half of three of them.
std::optional<double> median_of_ages(const LearntMetric& m, std::size_t from, std::size_t to) {
  std::vector<double> values;
  for (std::size_t age = from; age <= to; ++age)
    if (const float x = m.days[kLearntDays - age]; !std::isnan(x)) values.push_back(x);
  if (values.size() < 2) return std::nullopt;
  return median(std::move(values));
}

std::string number(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:.3g}", value);
  return fmt::format("{:.{}f}", value, size >= 100 ? 0 : size >= 2 ? 1 : 2);
}

std::string limit_text(double limit) {
  return limit == std::round(limit) ? fmt::format("{:.0f}", limit) : number(limit);
}

// The days in the metric's line of judgement, scaled to the busy hour where that is what fills up.
LearntMetric in_busy_hour(const LearntMetric& m) {
  LearntMetric scaled = m;
  const auto factor = static_cast<float>(busy_factor(m));
  for (float& x : scaled.days) x *= factor;
  return scaled;
}

std::string crossing_text(const Finding& f, double limit) {
  std::string text = fmt::format("crosses {}{} in {:.0f} d (80 %: {:.0f}-", limit_text(limit),
                                 unit_of(f.metric), f.days, f.soonest);
  text += f.latest ? fmt::format("{:.0f})", *f.latest) : "never)";
  return text;
}

std::optional<Finding> crossing_of(const LearntMetric& raw, const MetricRule& rule, const TrendRules& rules,
                                   const DayValues& days, const MannKendall& test) {
  const bool is_bad = (test.z > 0) == (rule.bad == BadDirection::high);
  if (!rule.critical || !is_bad || test.p >= rules.significance) return std::nullopt;
  const auto line = theil_sen(days.all(), rules.interval_z);
  if (!line) return std::nullopt;
  const double today = raw.last_day + 1.0;
  const double limit = transformed(rule, *rule.critical);
  const auto when = crossing(days.all(), *line, today, limit);
  if (!when || when->days >= rules.horizon_days) return std::nullopt;
  Finding f;
  f.kind = FindingKind::crossing;
  const double level = level_at(days.all(), line->per_day, today);
  f.now = untransformed(rule, level);
  f.before = untransformed(rule, level_at(days.all(), line->per_day, days.all().front().day));
  f.limit = *rule.critical;
  f.per_day = untransformed(rule, level + line->per_day) - f.now;
  f.metric = raw.metric;
  f.days = when->days;
  f.soonest = when->soonest;
  f.latest = when->latest;
  f.p = test.p;
  f.text = crossing_text(f, *rule.critical);
  return f;
}

// Most of the change lies between two days that follow each other (their medians of three days apart).
bool is_step(const LearntMetric& m, double change, double share) {
  for (std::size_t age = 1 + kLatestDays; age + kLatestDays <= kOldestAge; ++age) {
    const auto after = median_of_ages(m, age - kLatestDays, age - 1);
    const auto before = median_of_ages(m, age + 1, age + kLatestDays);
    if (after && before && (*after - *before) / change >= share) return true;
  }
  return false;
}

std::optional<Finding> change_of(const LearntMetric& m, const MetricRule& rule, const TrendRules& rules) {
  const auto now = median_of_ages(m, 1, kLatestDays);
  const auto before = median_of_ages(m, kYoungestAge, kOldestAge);
  if (!now || !before) return std::nullopt;
  const double change = *now - *before;
  const double in_own_unit = untransformed(rule, *now) - untransformed(rule, *before);
  if (std::abs(change) <= rule.smallest_deviation || std::abs(in_own_unit) < rule.smallest_change)
    return std::nullopt;
  const bool is_bad = (change > 0) == (rule.bad == BadDirection::high);
  const bool is_shift = is_step(m, change, rules.shift_share);
  if (!is_bad && !is_shift) return std::nullopt;  // slowly getting better is nothing to act on
  Finding f;
  f.kind = is_shift ? FindingKind::baseline_shift : FindingKind::slow_degradation;
  f.now = untransformed(rule, *now);
  f.before = untransformed(rule, *before);
  f.text = fmt::format("{} from {}{} to {}{} {}", is_bad ? "worse" : "better", number(f.before),
                       unit_of(m.metric), number(f.now), unit_of(m.metric),
                       is_shift ? "within two days" : "over the last two to four weeks");
  return f;
}

}  // namespace

std::string_view unit_of(Metric metric) {
  return words_of(metric).unit;
}

double busy_factor(const LearntMetric& m) {
  if (m.metric != Metric::utilisation) return 1;
  std::vector<double> seen;
  for (const float x : m.profile)
    if (!std::isnan(x)) seen.push_back(x);
  if (seen.size() < kDayHours) return 1;
  const double worst = *std::max_element(seen.begin(), seen.end());
  const auto middle = median(std::move(seen));
  return *middle > 0 ? std::max(1.0, worst / *middle) : 1;
}

std::vector<Finding> findings_of(const LearntMetric& raw, const MetricRule& rule, const TrendRules& rules,
                                 double* trend_z) {
  if (trend_z != nullptr) *trend_z = 0;
  std::vector<Finding> found;
  const LearntMetric metric = in_busy_hour(raw);
  const DayValues days(metric);
  const auto measured = static_cast<std::uint32_t>(days.all().size());
  if (measured < rules.days_at_least) return found;
  const MannKendall test = mann_kendall(days.all());
  if (trend_z != nullptr) *trend_z = std::max(0.0, rule.bad == BadDirection::high ? test.z : -test.z);
  for (auto& f : {crossing_of(metric, rule, rules, days, test),
                  rule.judged ? change_of(metric, rule, rules) : std::nullopt}) {
    if (!f) continue;
    found.push_back(*f);
    found.back().metric = raw.metric;
    found.back().probe = raw.probe;
    found.back().days_measured = measured;
  }
  return found;
}

}  // namespace faultline::foresee
