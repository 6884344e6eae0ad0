#include "probes/session/line_book.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace faultline::session {
namespace {

std::int64_t day_of(Timestamp at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

}  // namespace

void LineBook::note_use(const Round& round) {
  for (const MetricValue& v : round.metric_values()) {
    if (v.metric == Metric::traffic_bps) use_[round.endpoint].traffic_bps = {v.value, round.finished};
    if (v.metric == Metric::utilisation) use_[round.endpoint].utilisation = {v.value, round.finished};
  }
}

bool LineBook::is_in_use(EndpointIndex endpoint, const TestLimits& limits, Timestamp now) const {
  bool is_known = false;
  const auto is_above = [&](const Reading& reading, double limit) {
    const bool is_old = std::isnan(reading.value) || now - reading.at > limits.use_age;
    if (limit <= 0 || is_old) return false;
    is_known = true;
    return static_cast<double>(reading.value) >= limit;
  };
  if (const auto use = use_.find(endpoint); use != use_.end()) {
    if (is_above(use->second.traffic_bps, limits.busy_bps)) return true;
    if (is_above(use->second.utilisation, limits.busy_ratio)) return true;
  }
  return limits.only_known_use && !is_known;
}

std::uint64_t LineBook::spent_today(EndpointIndex endpoint, Timestamp now) const {
  const auto spent = spent_.find(endpoint);
  return spent == spent_.end() || spent->second.day != day_of(now) ? 0 : spent->second.bytes;
}

OutcomeReason LineBook::begin(const LineTest& test, const TestLimits& limits, Timestamp now) {
  const std::uint64_t spent = spent_today(test.endpoint, now);
  if (spent + test.bytes > limits.daily_bytes) return OutcomeReason::cap_reached;
  if (is_in_use(test.endpoint, limits, now)) return OutcomeReason::line_in_use;
  const bool is_node_taken = std::any_of(test.nodes.begin(), test.nodes.end(),
                                         [&](NodeIndex node) { return nodes_.contains(node); });
  if (is_node_taken || running_ >= limits.at_once) return OutcomeReason::node_in_test;
  ++running_;
  nodes_.insert(test.nodes.begin(), test.nodes.end());
  // The whole of it until it is known what it took: a test that never comes back has cost something, too.
  spent_[test.endpoint] = {day_of(now), spent + test.bytes};
  return OutcomeReason::none;
}

void LineBook::end(const LineTest& test, std::uint64_t spent, Timestamp now) {
  --running_;
  for (const NodeIndex node : test.nodes) nodes_.erase(node);
  Spent& today = spent_[test.endpoint];
  today.bytes = today.bytes - std::min(today.bytes, test.bytes) + spent;
  today.day = day_of(now);
  for (const auto& wake : std::exchange(waiting_, {})) wake();
}

void LineBook::when_one_ends(std::function<void()> wake) {
  waiting_.push_back(std::move(wake));
}

}  // namespace faultline::session
