// What the detector keeps, laid out for the cache: 128 B an endpoint, 128 B an endpoint's probe (the counted
// metric), 256 B a continuous metric of it. Plain data; the other files of this folder give it meaning.
#pragma once

#include "rules/detect/past.h"
#include "rules/detect/pool.h"
#include "rules/model/health.h"
#include "rules/model/metric.h"
#include "rules/model/round.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace faultline::detect {

inline constexpr std::size_t kHours = 24;
inline constexpr std::size_t kBuckets = 2 * kHours;  // hours of a working day, then of a weekend's day
inline constexpr std::size_t kBlocks = 8;            // of three hours
inline constexpr std::size_t kDays = 28;
inline constexpr std::int16_t kNoDay = INT16_MIN;
inline constexpr std::size_t kMetricsPerProbe = 8;
// Of a trouble restored after a restart: which probe found it is not stored.
inline constexpr ProbeKindIndex kAnyProbe = UINT8_MAX;

struct alignas(64) ContinuousMetric {
  std::array<std::int16_t, kBuckets> median{};  // from `origin`, in steps
  std::array<std::uint8_t, kBuckets> samples_in{};
  std::array<std::uint8_t, kBlocks> scale{};  // 0: not seen, else floor * exp(kScaleStep * (n - 1))
  std::array<std::int16_t, kDays> daily{};    // the last days' medians, from `origin`, in steps; kNoDay: none
  float origin = 0;                           // transformed, as all below
  float step = 0;
  float level = 0;             // of the last 24 h
  float correlation = 0;       // lag 1
  float statistic = 0;         // CUSUM
  float score = 0;             // of the latest scheduled round, before the correction for correlation
  float today = 0;             // running median of the day
  float value = 0;             // the latest, in the metric's own unit
  std::uint32_t rising_s = 0;  // start of the round that lifted the statistic from 0, seconds since 1970
  std::uint32_t samples = 0;   // learnt from
  std::uint16_t day = 0;       // that `today` belongs to, days since 1970, local
  std::uint8_t daily_next = 0;
  std::uint8_t daily_count = 0;
  std::uint8_t breaches = 0;  // of the critical limit, latest round in bit 0
  Metric metric = Metric::rtt_ms;
  std::uint8_t today_count = 0;  // samples in `today`, see samples_today
  // Of a metric that is bad both ways, +1 up, -1 down: where the statistic has been adding up, and where the
  // latest score was.
  std::int8_t side : 4 = 0;
  std::int8_t score_side : 4 = 0;

  void set_side(int sign) { side = sign < 0 ? -1 : sign > 0 ? 1 : 0; }
  void set_score_side(int sign) { score_side = sign < 0 ? -1 : sign > 0 ? 1 : 0; }
};
static_assert(sizeof(ContinuousMetric) == 256);

struct alignas(64) ProbeTrack {
  float fast = 0;
  float grey = 0;
  float evidence = 0;                                                // nats, from the counts alone
  std::uint32_t grey_s = 0;                                          // as onset_us, of `grey`, in seconds
  std::array<float, kBlocks> usual{-1, -1, -1, -1, -1, -1, -1, -1};  // loss ratio; < 0: not seen
  std::array<std::uint32_t, kMetricsPerProbe> metrics{};             // blocks, metric_count of them
  std::int64_t onset_us = 0;      // start of the first round that lifted `fast` from 0
  std::int64_t all_lost_us = 0;   // start of the first of the latest rounds that lost all
  std::int64_t started_us = 0;    // latest valid scheduled round
  std::uint32_t next = kNoBlock;  // the endpoint's next probe
  std::uint32_t endpoint = kNoBlock;
  float interval_s = 0;    // learnt; 0: not yet
  std::uint32_t lost = 0;  // since the onset
  std::uint32_t sent = 0;
  std::uint8_t metric_count = 0;
  ProbeKindIndex probe = 0;
  std::uint8_t breaches = 0;  // of the loss limit
  bool is_packet : 1 = false;
  bool all_lost : 1 = false;  // the latest round
  bool clean : 1 = false;     // the latest round and all statistics
  bool deviant : 1 = false;   // a value of the latest round is far out
  bool chronic : 1 = false;
  bool was_scheduled : 1 = false;  // started_us is that of a scheduled round, not of a burst before the first
  std::uint8_t long_gaps : 2 = 0;  // between scheduled rounds, in a row
};
static_assert(sizeof(ProbeTrack) == 128);

struct EndpointState {
  HealthState inner = HealthState::ok;  // ok, suspect or bad, whatever is shown
  bool is_masked = false;
  bool is_unknown = true;
  bool is_flapping = false;
  std::uint8_t burst_tries = 0;   // asked for in this suspicion
  std::uint8_t clean_bursts = 0;  // in a row
  // As in the topology, which is far away for a round.
  Technology technology = Technology::ip;
  bool is_retired = false;
  std::uint32_t track = kNoBlock;  // first of its probes
  float penalty = 0;
  std::int64_t penalty_us = 0;  // time that `penalty` is of
  std::int64_t flapping_us = 0;
  std::int64_t asked_us = INT64_MIN / 2;  // the last burst
  Past past;
};
static_assert(sizeof(EndpointState) + sizeof(EndpointHealth) + sizeof(std::uint32_t) <= 128);

// What a metric has been since it is outside its band: its last values, transformed.
struct Moved {
  static constexpr std::size_t kLatest = 9;
  ProbeKindIndex probe = 0;
  Metric metric = Metric::rtt_ms;
  std::uint32_t count = 0;
  std::array<float, kLatest> latest{};  // value n is at n % kLatest
};

// One respect in which an endpoint is bad. Kept for those few that are.
struct Trouble {
  Respect respect = Respect::loss;
  bool is_told = false;  // degradation_began was given out
  bool is_well = false;  // recovered while flapping: not told yet
  ProbeKindIndex probe = 0;
  Metric metric = Metric::loss_ratio;
  bool is_packet = false;
  float run = 0;  // evidence for the present run of bad rounds, nats; 0 = none
  Timestamp run_since;
  bool is_shown = true;   // by the latest round, beyond doubt
  float shown_score = 0;  // continuous ones: the highest of the present run
  std::uint32_t good_rounds = 0;
  Timestamp onset;
  Timestamp confirmed;
  Timestamp good_since;
  std::uint64_t lost = 0;  // counted metrics, since the onset
  std::uint64_t sent = 0;
  double value = 0;  // continuous ones: the latest, and what was expected (NaN: no baseline)
  double usual = 0;
  double limit = 0;           // NaN: none was breached
  std::string stored;         // evidence of an earlier run, until there is newer
  std::vector<Moved> moved;   // by continuous metric of the respect, until one round was good
  bool is_usual_now = false;  // ended by a new baseline
};

constexpr std::int64_t to_us(Timestamp t) {
  return t.time_since_epoch().count();
}

constexpr std::uint32_t to_s(Timestamp t) {
  return to_us(t) <= 0 ? 0 : static_cast<std::uint32_t>(to_us(t) / 1'000'000);
}
constexpr Timestamp from_us(std::int64_t us) {
  return Timestamp(Duration(us));
}

}  // namespace faultline::detect
