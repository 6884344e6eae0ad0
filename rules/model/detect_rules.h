// The numbers of rules/detect. None has a default here: rules/defaults/detect.yaml holds them all, each with
// its reason, and daemon/config/rule_file.* reads it. Filled once, then shared read-only.
#pragma once

#include "rules/model/health.h"
#include "rules/model/metric.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace faultline {

// How a value is straightened before it is judged: RTT varies in proportion, decibels do not.
enum class Transform : std::uint8_t { none, ln, ln_1p };
inline constexpr std::array<std::string_view, 3> kTransformNames = {"none", "ln", "ln_1p"};

// Both: what moves away from the usual either way (an optical level); such a metric has no service limits.
enum class BadDirection : std::uint8_t { high, low, both };
inline constexpr std::array<std::string_view, 3> kBadDirectionNames = {"high", "low", "both"};

// How one metric is judged. "Transformed" means after `transform`; limits are in the metric's own unit.
struct MetricRule {
  bool learnt = false;  // false: carried only. A baseline is kept,
  bool judged = false;  // and deviations and limits make the endpoint suspect
  Respect respect = Respect::latency;
  Transform transform = Transform::none;
  BadDirection bad = BadDirection::high;
  double scale_floor = 0;          // sigma_min, transformed, > 0
  double smallest_deviation = 0;   // delta_min, transformed: less is worth nothing
  double smallest_change = 0;      // and in the metric's own unit; 0: no second condition
  std::optional<double> warning;   // service limits
  std::optional<double> critical;  // breached in N of M rounds: suspicion
  bool verified_by_burst = true;   // false: polled (signal), believed by itself at the higher threshold
};

// The value as it is judged, and back. A logarithm of nothing or less is that of a thousandth.
double transformed(const MetricRule& rule, double value);
double untransformed(const MetricRule& rule, double x);

inline constexpr std::size_t kTechnologyCount = kTechnologyNames.size();
using MetricRules = std::array<MetricRule, kMetricCount>;

// Lost packets of a round against a good and a bad loss ratio (capped binomial CUSUM, algorithms A.4).
struct CountRules {
  double good_ratio = 0;   // p0 at least
  double fast_ratio = 0;   // p1 of the fast statistic at least
  double fast_factor = 0;  // and at least so many times the learnt ratio
  double fast_cap = 0;     // most that one round adds, nats
  double fast_threshold = 0;
  double grey_ratio = 0;
  double grey_factor = 0;
  double grey_cap = 0;
  double grey_threshold = 0;
  double unverified_threshold = 0;     // of the fast statistic, where no burst can be had
  double learning_rate = 0;            // of the ratio in ok state, a round
  double hard_ratio = 0;               // loss from here on is "not reachable"
  std::uint32_t all_lost_packets = 0;  // a round of so many, all lost: suspicion at once
};

// Winsorised CUSUM of a continuous metric (A.3).
struct ChangeRules {
  double drift = 0;      // k
  double threshold = 0;  // h
  double unverified_drift = 0;
  double unverified_threshold = 0;
  double largest_score = 0;   // z is cut here
  double smallest_share = 0;  // below this share of smallest_deviation a score cannot add up
};

// Robust seasonal baseline (A.2).
struct BaselineRules {
  Duration utc_offset{};        // local time of the network: busy hours are local
  double score_clip = 0;        // Huber's c
  double half_life_visits = 0;  // of a bucket, in visits
  double level_hours = 0;       // that the level goes back, which a bucket without samples borrows
  double scale_rate = 0;        // of ln sigma, a sample
  double correlation_rate = 0;
  double correlation_start = 0;
  double correlation_limit = 0;
  std::uint32_t bucket_samples = 0;   // a bucket with fewer borrows
  std::uint32_t minimum_samples = 0;  // a metric with fewer has no baseline: limits only
  Duration rebase_after{};            // outside the band for so long: what it is now is the new usual
};

// A burst's verdict (A.5).
struct BurstRules {
  std::uint32_t lost_packets = 0;         // so many lost: bad
  std::uint32_t lost_packets_backed = 0;  // so many, and the fast statistic above backed_statistic: bad
  double backed_statistic = 0;
  double run_nats = 0;         // good rounds worth so much end a run of bad ones
  double confirm_nats = 0;     // counts worth so much show that what was bad is still bad
  double score = 0;            // z of the median
  Duration patience{};         // asked for and not come: ask again
  std::uint32_t tries = 0;     // then the scheduled rounds decide, at the unverified threshold
  Duration spacing{};          // between two requests for one endpoint
  Duration longest_spacing{};  // doubles up to this with every clean burst in a row
};

// Evidence handed to correlate, natural logarithms of likelihood ratios (A.5).
struct EvidenceRules {
  double lowest = 0;
  double highest = 0;
  double bad_score = 0;  // what a score of burst.score adds
};

// From bad back to ok, and what counts as clean (A.6).
struct RecoveryRules {
  Duration duration{};             // every round good for so long
  std::uint32_t rounds = 0;        // and at least so many
  std::uint32_t lost_packets = 0;  // a good round loses at most so many,
  double loss_ratio = 0;           // and at most this share
  double score = 0;                // z of a good round
  double limit_margin = 0;         // and so far inside the limits, as a share of them
  double clean_fast = 0;           // fit to be healthy evidence: fast statistic below,
  double clean_other = 0;          // and every other statistic below
};

// Flap damping after RFC 2439.
struct FlapRules {
  double penalty = 0;  // each time an endpoint becomes bad
  Duration half_life{};
  double enter = 0;
  double leave = 0;
  Duration longest{};
};

struct MissingRules {
  std::uint32_t intervals = 0;  // no valid result for so many: unknown

  Duration forget{};          // a probe silent for so long has no say: what it alone found bad ends
  Duration first_interval{};  // taken as the interval until two rounds have shown it
};

// Static limits: breached in `breached` of the last `rounds` rounds (A.7).
struct LimitRules {
  std::uint32_t breached = 0;
  std::uint32_t rounds = 0;  // at most 8
};

// Whether an hour of the day was strained, for the capacity list (F). Against the night: the hour's own
// baseline has learnt the congestion.
struct BusyRules {
  std::uint32_t night_from = 0;  // local hours, first and first after
  std::uint32_t night_until = 0;
  double score = 0;             // RTT so many standard deviations above the night's
  double throughput_share = 0;  // or throughput below this share of it
  double share_of_rounds = 0;   // in so many of the hour's rounds
};

struct DetectRules {
  CountRules counts;
  ChangeRules change;
  BaselineRules baseline;
  BurstRules burst;
  EvidenceRules evidence;
  RecoveryRules recovery;
  FlapRules flap;
  MissingRules missing;
  LimitRules limit;
  BusyRules busy;
  std::array<MetricRules, kTechnologyCount> metrics;  // by technology

  const MetricRule& metric(Technology technology, Metric m) const {
    return metrics[static_cast<std::size_t>(technology)][static_cast<std::size_t>(m)];
  }
};

}  // namespace faultline
