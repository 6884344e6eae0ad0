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

std::uint32_t& Coincidence::Hours::count_of(Timestamp at) {
  const std::int64_t now = hour_at(at);
  if (first_hour < 0) first_hour = hour = now;
  hour = std::max(hour, now - static_cast<std::int64_t>(kHours));
  while (hour < now) counts[static_cast<std::size_t>(++hour) % kHours] = 0;
  return counts[static_cast<std::size_t>(hour) % kHours];
}

double Coincidence::Hours::per_hour(Timestamp now) {
  count_of(now);
  if (known_for == hour) return median;
  known_for = hour;
  std::vector<std::uint32_t> past;  // the hours that are over
  const std::int64_t first = std::max(first_hour + 1, hour - static_cast<std::int64_t>(kHours) + 1);
  for (std::int64_t h = first; h < hour; ++h) past.push_back(counts[static_cast<std::size_t>(h) % kHours]);
  if (static_cast<std::int64_t>(past.size()) < kEnough) return median = 0;
  const auto middle = past.begin() + static_cast<std::ptrdiff_t>(past.size() / 2);
  std::nth_element(past.begin(), middle, past.end());
  return median = *middle;
}

double Coincidence::per_year(Timestamp now, bool gone, std::size_t endpoints, const LocaliseRules& rules) {
  const double learnt =
      of(gone).per_hour(now) * kHoursPerYear / static_cast<double>(std::max<std::size_t>(endpoints, 1));
  return std::max(learnt, rules.endpoint_faults_per_year);
}

double Coincidence::nats(Timestamp now, bool gone, std::size_t endpoints, const LocaliseRules& rules) {
  const double window_h = to_seconds(rules.correlation_window) / 3600;
  return std::min(rules.bad_nats,
                  -std::log(per_year(now, gone, endpoints, rules) * window_h / kHoursPerYear));
}

bool Coincidence::is_unusual(std::size_t count, Duration within, Timestamp now, std::size_t endpoints,
                             const LocaliseRules& rules) {
  const double years = to_seconds(within) / (3600 * kHoursPerYear);
  const double usual = (per_year(now, true, endpoints, rules) + per_year(now, false, endpoints, rules)) *
                       static_cast<double>(endpoints) * years;
  return static_cast<double>(count) >= 1 + usual + 3 * std::sqrt(usual);
}

}  // namespace faultline::correlate
