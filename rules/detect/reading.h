// What one round says: its counts and values beside what is usual. Made once a round.
#pragma once

#include "rules/detect/baseline.h"
#include "rules/detect/counts.h"
#include "rules/detect/state.h"
#include "rules/model/detect_rules.h"

#include <bit>
#include <cstddef>
#include <span>

namespace faultline::detect {

struct ReadValue {
  ContinuousMetric* metric = nullptr;
  const MetricRule* rule = nullptr;
  double value = 0;  // in its own unit
  double x = 0;      // transformed
  Prediction usual;
  Score score;
  bool breaches = false;  // the critical limit, in this round

  // Further from the usual than a well endpoint should be; true without a baseline.
  bool is_outside(const RecoveryRules& rules) const { return !usual.exists || score.z >= rules.score; }
};

struct Reading {
  ProbeTrack* track = nullptr;
  bool is_scheduled = true;
  bool is_burst = false;  // a re-measurement by packets: it has a verdict on loss, and on its values
  Timestamp started;
  Timestamp finished;
  Slot slot;
  Counts counts;
  double usual_ratio = 0;
  Increments increments;
  float fast_before = 0;
  const MetricRule* loss_rule = nullptr;
  std::size_t value_count = 0;
  std::size_t learnt_count = 0;
  std::span<ReadValue> values;  // room for kMetricsPerProbe; judged ones from the front, others from the back

  // Those that are judged.
  std::span<const ReadValue> read_values() const { return {values.data(), value_count}; }
  // Those of which only the baseline is kept.
  std::span<const ReadValue> learnt_values() const {
    return {values.data() + (values.size() - learnt_count), learnt_count};
  }
};

// Breached in N of the last M rounds. Asked several times a value and round, as the two below.
inline bool is_breached(std::uint8_t breaches, const LimitRules& rules) {
  const unsigned window = breaches & ((1U << rules.rounds) - 1U);
  if (window == 0) return false;  // nearly always, and counting bits is a call on the oldest processors
  return static_cast<std::uint32_t>(std::popcount(window)) >= rules.breached;
}

// Statistic at which a metric is suspect (or bad, if no burst can verify it).
inline double threshold_of(const MetricRule& rule, const ChangeRules& change) {
  return rule.verified_by_burst ? change.threshold : change.unverified_threshold;
}

// The verdict of a burst on its values, and of any round on values far out: so far beyond the usual, and so
// much, that it cannot be noise.
inline bool is_far_out(const ReadValue& v, const DetectRules& rules) {
  if (v.score.deviates && v.score.z >= rules.burst.score) return true;
  return v.breaches && v.is_outside(rules.recovery) && is_breached(v.metric->breaches, rules.limit);
}

}  // namespace faultline::detect
