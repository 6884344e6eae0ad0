// Shipped rules and made-up weeks of learning, for the tests of rules/foresee.
#pragma once

#include "daemon/config/rule_file.h"
#include "rules/model/learnt.h"
#include "rules/model/rule_set.h"

#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>

namespace faultline::foresee {

inline constexpr std::uint16_t kYesterday = 20'780;

inline std::shared_ptr<const RuleSet> shipped_rules() {
  static const auto rules = [] {
    auto read = config::default_rules();
    if (!read) throw std::runtime_error(read.error().message);
    return std::make_shared<const RuleSet>(std::move(*read));
  }();
  return rules;
}

// `of_day(i)` for i = 0 (28 days ago) to 27 (yesterday), in the metric's own unit; NaN: not measured.
inline LearntMetric days_of(Metric metric, const std::function<double(int)>& of_day) {
  const MetricRule& rule = shipped_rules()->detect.metric(Technology::gpon, metric);
  LearntMetric m;
  m.metric = metric;
  m.samples = 40'000;
  m.last_day = kYesterday;
  m.profile.fill(kNoValue);
  for (int i = 0; i < static_cast<int>(kLearntDays); ++i) {
    const double value = of_day(i);
    m.days[static_cast<std::size_t>(i)] =
        std::isnan(value) ? kNoValue : static_cast<float>(transformed(rule, value));
  }
  m.level = m.days.back();
  m.scale = static_cast<float>(rule.scale_floor);
  return m;
}

// The profile of both kinds of day, in the metric's own unit.
inline void set_profile(LearntMetric& m, const std::function<double(std::size_t)>& of_hour) {
  const MetricRule& rule = shipped_rules()->detect.metric(Technology::gpon, m.metric);
  for (std::size_t b = 0; b < kWeekBuckets; ++b)
    m.profile[b] = static_cast<float>(transformed(rule, of_hour(b % kDayHours)));
}

}  // namespace faultline::foresee
