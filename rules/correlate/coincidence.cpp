#include "rules/correlate/coincidence.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace faultline::correlate {
namespace {

constexpr double kHoursPerYear = 24 * 365.25;
constexpr std::int64_t kEnough = 3;  // hours, before the median says anything

std::int64_t hour_at(Timestamp at) {
  return std::chrono::floor<std::chrono::hours>(at).time_since_epoch().count();
}

}  // namespace

std::uint32_t& Coincidence::count_of(Timestamp at) {
  const std::int64_t hour = hour_at(at);
  if (first_hour_ < 0) first_hour_ = hour_ = hour;
  if (hour > hour_ + static_cast<std::int64_t>(kHours)) hour_ = hour - static_cast<std::int64_t>(kHours);
  while (hour_ < hour) counts_[static_cast<std::size_t>(++hour_) % kHours] = 0;
  return counts_[static_cast<std::size_t>(hour_) % kHours];
}

double Coincidence::nats(Timestamp now, std::size_t endpoints, const LocaliseRules& rules) {
  count_of(now);
  if (known_for_ != hour_) {  // of the hours that are over
    known_for_ = hour_;
    std::vector<std::uint32_t> past;
    const std::int64_t first = std::max(first_hour_ + 1, hour_ - static_cast<std::int64_t>(kHours) + 1);
    for (std::int64_t hour = first; hour < hour_; ++hour)
      past.push_back(counts_[static_cast<std::size_t>(hour) % kHours]);
    per_hour_ = 0;
    if (static_cast<std::int64_t>(past.size()) >= kEnough) {
      const auto middle = past.begin() + static_cast<std::ptrdiff_t>(past.size() / 2);
      std::nth_element(past.begin(), middle, past.end());
      per_hour_ = *middle;
    }
  }
  const double window_h = to_seconds(rules.correlation_window) / 3600;
  const double learnt = per_hour_ * window_h / static_cast<double>(std::max<std::size_t>(endpoints, 1));
  const double assumed = rules.endpoint_faults_per_year * window_h / kHoursPerYear;
  return std::min(rules.bad_nats, -std::log(std::max(learnt, assumed)));
}

}  // namespace faultline::correlate
