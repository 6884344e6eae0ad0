#include "rules/model/learnt.h"

namespace faultline {

std::int64_t local_day(Timestamp time, Duration utc_offset) {
  return std::chrono::floor<std::chrono::days>(time + utc_offset).time_since_epoch().count();
}

std::size_t week_bucket(Timestamp time, Duration utc_offset) {
  const auto local = time + utc_offset;
  const auto midnight = std::chrono::floor<std::chrono::days>(local);
  const auto hour = std::chrono::floor<std::chrono::hours>(local - midnight).count();
  const std::chrono::weekday weekday(midnight);
  const bool is_weekend = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
  return static_cast<std::size_t>(hour) + (is_weekend ? kDayHours : 0);
}

const LearntMetric* LearntEndpoint::find(Metric metric) const {
  const LearntMetric* best = nullptr;
  for (const LearntMetric& m : metrics)
    if (m.metric == metric && (best == nullptr || m.samples > best->samples)) best = &m;
  return best;
}

}  // namespace faultline
