#include "probes/session/counter_change.h"

#include <algorithm>

namespace faultline::session {
namespace {

using std::chrono::seconds;

// A clock of whole seconds, read from an agent's cache, may be this much behind.
constexpr double kAgeSlack = 15;
// Seconds counted beyond those that went by: what an agent that refreshes its counters now and then is off
// by.
constexpr double kMoreSeconds = 2, kMoreOfTime = 1.25;
constexpr Duration kShortest = seconds(10);
constexpr Duration kLongestAtLeast = std::chrono::minutes(1);
constexpr int kMostIntervals = 3;

}  // namespace

std::optional<std::uint64_t> growth(const Count& before, const Count& now) {
  if (now.bits != before.bits || now.bits == 0)
    return now.value >= before.value ? std::optional(now.value - before.value) : std::nullopt;
  const std::uint64_t most = now.bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << now.bits) - 1;
  const std::uint64_t grown = (now.value - before.value) & most;
  return grown <= most / 4 ? std::optional(grown) : std::nullopt;
}

bool began_anew(double age_before, double age_now, double seconds) {
  return age_now < age_before || age_now + kAgeSlack < seconds;
}

std::optional<double> change_of(Change change, double grown, double whole, double seconds) {
  if (seconds <= 0) return std::nullopt;
  switch (change) {
    case Change::per_second:
      return grown / seconds;
    case Change::per_hour:
      return grown / seconds * 3600;
    case Change::share_of_time:
      if (grown > seconds * kMoreOfTime + kMoreSeconds) return std::nullopt;
      return std::min(grown / seconds, 1.0);
    case Change::share:
      if (whole < kLeastWhole || grown > whole) return std::nullopt;
      return grown / whole;
  }
  return std::nullopt;
}

SpanLimits span_limits(Duration interval) {
  return {std::min(kShortest, interval / 2), std::max(kLongestAtLeast, kMostIntervals * interval)};
}

Span judge_span(Duration elapsed, const SpanLimits& limits) {
  if (elapsed < limits.shortest) return Span::too_short;
  return elapsed > limits.longest ? Span::too_long : Span::good;
}

}  // namespace faultline::session
