// The first stage: rounds in, per-endpoint health and degradations out. Called by rules/pipeline on its one
// thread; knows single endpoints only, no neighbours (that is rules/correlate). It suspects cheaply and
// believes after a re-measurement: a suspicion asks for a burst (an on-demand round), whose verdict counts.
// No clock: time is that of the rounds and ticks. A round costs no allocation once its endpoint and probe
// are known; 0.3 µs.
#pragma once

#include "rules/model/detect_rules.h"
#include "rules/model/health.h"
#include "rules/model/index.h"
#include "rules/model/learnt.h"
#include "rules/model/round.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace faultline::detect {

enum class EventKind : std::uint8_t {
  suspicion,  // wants a burst of the endpoint (again, if the last did not come)
  became_bad,
  recovered,          // no longer bad in any respect
  degradation_began,  // with the degradation
  degradation_ended,  // with the degradation, `ended` set
  baseline_shift,     // with the degradation that ends next: it has lasted so long that it is the new usual
};

struct Event {
  EventKind kind = EventKind::suspicion;
  EndpointIndex endpoint;
  std::optional<Degradation> degradation;
};
using Events = std::vector<Event>;

// Every function that can change what is believed appends its events to `out`, in the order they happened:
// became_bad before its degradations, recovered after the last of them has ended. While an endpoint is
// flapping its ups and downs are not told: its degradation stays on for the whole episode.
class Detector {
 public:
  Detector(std::shared_ptr<const Topology> topology, std::shared_ptr<const DetectRules> rules);
  ~Detector();
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;

  // Rounds of unknown or retired endpoints are ignored, as are those that measured nothing: `not_measured`,
  // `malformed` and every outcome whose reason lies with the probe host itself. "Not measured" is never
  // "lost".
  void on_round(const Round& round, Events& out);
  // Once a second: endpoints without a valid result for too long become unknown (what they were bad in stays
  // on), bursts that did not come are asked for again.
  void on_tick(Timestamp now, Events& out);

  // Maintenance. A masked endpoint learns nothing and is neither bad nor healthy; what it was bad in ends.
  // Unmasked it starts as unknown.
  void set_masked(EndpointIndex endpoint, bool masked, Timestamp now, Events& out);

  // A probe host is sick, and what it made us believe of the endpoints that are its own is withdrawn:
  // suspicions, and everything confirmed at or after `since`, end; they are unknown until measured again.
  using IsIts = std::function<bool(EndpointIndex)>;
  void discard_since(Timestamp since, Timestamp now, const IsIts& is_its, Events& out);

  const EndpointHealth& health(EndpointIndex endpoint) const;
  // Suspect or bad by packets lost, not only by values out of the usual.
  bool is_lossy(EndpointIndex endpoint) const;
  std::span<const EndpointHealth> all() const;    // by endpoint index
  std::vector<Degradation> degradations() const;  // those that are on, by endpoint
  // The figures of those of these endpoints, in their order.
  std::vector<DegradationFigures> figures(std::span<const EndpointIndex> endpoints) const;
  // A service limit is breached every day at this hour (inside the seasonal band): worth a report, not a
  // page.
  bool is_chronic(EndpointIndex endpoint) const;
  // Median and scale that a metric is expected to have at `at`, in its own unit; empty without a baseline.
  struct Expectation {
    double median = 0;
    double low = 0;   // two robust standard deviations below,
    double high = 0;  // and above
  };
  std::optional<Expectation> expectation(EndpointIndex endpoint, ProbeKindIndex probe, Metric metric,
                                         Timestamp at) const;
  // How unusual the latest scheduled round was: robust standard deviations in the bad direction, and what has
  // added up to a change. Empty until the metric was measured.
  struct Deviation {
    double score = 0;      // 0 without a baseline; -100 … 100
    double statistic = 0;  // 0: nothing; a change from `threshold` or `unverified_threshold` on
  };
  std::optional<Deviation> deviation(EndpointIndex endpoint, ProbeKindIndex probe, Metric metric) const;

  // What has been learnt about it over the last weeks. Unpacks a kilobyte or two: 1 µs.
  LearntEndpoint learnt(EndpointIndex endpoint, Timestamp now) const;

  // Swap without loss: an endpoint's index is the same in the new topology; retired ones are forgotten.
  // What was bad in a retired endpoint ends without an event. Raises nothing by itself.
  void set_topology(std::shared_ptr<const Topology> topology);
  void set_rules(std::shared_ptr<const DetectRules> rules);
  // After a restart: these were on. Raises nothing; ended ones and unknown endpoints are ignored.
  void restore(std::span<const Degradation> degradations);

  // What was learnt about one endpoint, as bytes with version and checksum; empty if nothing was.
  std::vector<std::byte> baseline(EndpointIndex endpoint) const;
  // The bytes are not trusted: false, and nothing changed, if they are not exactly what baseline() of this
  // version writes.
  bool restore_baseline(EndpointIndex endpoint, std::span<const std::byte> bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::detect
