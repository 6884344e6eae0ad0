// The detector's inside, shared by detector*.cpp only: detector.cpp swaps and answers, detector_round.cpp
// takes a round in, detector_state.cpp moves endpoints between ok, suspect and bad.
#pragma once

#include "rules/detect/counts.h"
#include "rules/detect/deadlines.h"
#include "rules/detect/detector.h"
#include "rules/detect/pool.h"
#include "rules/detect/reading.h"
#include "rules/detect/state.h"

#include <array>
#include <unordered_map>
#include <vector>

namespace faultline::detect {

struct Detector::Impl {
  Impl(std::shared_ptr<const Topology> t, std::shared_ptr<const DetectRules> r);

  // detector_round.cpp: from a round to a reading, and to the health that is shown.
  void on_round(const Round& round, Events& out);
  Reading read(const Round& round);
  void read_counts(const Round& round, Reading& reading);
  void read_values(const Round& round, Reading& reading);
  void read_value(Metric metric, double value, const MetricRules& by_metric, Reading& reading);
  void learn_interval(ProbeTrack& track, Timestamp started) const;
  void learn_from(Reading& reading) const;
  void note_condition(Reading& reading) const;
  void note_busy_hour(std::uint32_t e, const Reading& reading);  // detector_learnt.cpp
  void count_bad_minutes(Timestamp now);                         // as the two below
  std::uint8_t scale_code(std::uint32_t e) const;
  std::uint8_t busiest_hour(std::uint32_t e, std::size_t kind_of_day) const;
  LearntEndpoint learnt(std::uint32_t e, Timestamp now) const;
  void show(std::uint32_t e, const Reading& reading);
  void show_state(std::uint32_t e);
  ProbeTrack& track_of(std::uint32_t e, ProbeKindIndex probe);
  ContinuousMetric* metric_of(ProbeTrack& track, Metric metric, std::size_t place = 0);
  void note_kind(std::uint32_t e);  // from the topology
  void release(std::uint32_t e);

  // detector_state.cpp: what is believed.
  void judge(std::uint32_t e, const Reading& reading, Events& out);
  bool is_disputed(std::uint32_t e, const ProbeTrack& track, Timestamp now) const;
  bool is_fresh(const ProbeTrack& track, Timestamp now) const;
  bool counts_are_suspect(std::uint32_t e, const ProbeTrack& track, Timestamp now) const;
  bool is_still_suspect(std::uint32_t e, Timestamp now) const;
  void suspect(std::uint32_t e, const Reading& reading, Events& out);
  void believe_without_burst(std::uint32_t e, const Reading& reading, Events& out);
  void give_verdict(std::uint32_t e, const Reading& reading, Events& out);
  void clear_measured(std::uint32_t e, const Reading& reading);
  void clear_suspicion(std::uint32_t e);
  void become_bad(std::uint32_t e, Trouble trouble, Timestamp now, Events& out);
  void follow(std::uint32_t e, const Reading& reading, Events& out);

  void end_if_forgotten(std::uint32_t e, Trouble& trouble, Timestamp now) const;
  void rebase_if_lasting(std::uint32_t e, Trouble& trouble, const Reading& reading, Events& out);
  void end_if_well(std::uint32_t e, Events& out);

  void withdraw(std::uint32_t e, Timestamp since, Timestamp now, Events& out);  // those confirmed since
  void end_all(std::uint32_t e, Timestamp now, Events& out);  // told troubles end now, whatever their state
  void add_penalty(std::uint32_t e, Timestamp now);
  double penalty_at(const EndpointState& state, Timestamp now) const;
  void leave_flapping(std::uint32_t e, Events& out);
  void on_tick(Timestamp now, Events& out);
  void set_back(Timestamp now, Duration by);

  Trouble trouble_of_counts(const Reading& reading, Respect respect) const;
  Trouble trouble_of_value(const Reading& reading, const ReadValue& value) const;
  Degradation degradation_of(std::uint32_t e, const Trouble& trouble) const;
  template <typename Visit>  // visit(track), until it answers false
  void each_track(std::uint32_t e, Visit&& visit) const {
    for (std::uint32_t t = states[e].track; t != kNoBlock; t = tracks[t].next)
      if (!visit(tracks[t])) return;
  }

  std::shared_ptr<const Topology> topology;
  std::shared_ptr<const DetectRules> rules;
  CountTable table;
  std::vector<EndpointHealth> healths;  // by endpoint index, as the two below
  std::vector<EndpointState> states;
  Deadlines deadlines;  // when it becomes unknown
  Pool<ProbeTrack> tracks;
  Pool<ContinuousMetric> metrics;
  std::array<ReadValue, kMetricsPerProbe> room{};  // for the values of the round at hand
  std::unordered_map<std::uint32_t, std::vector<Trouble>> troubles;
  std::vector<std::uint32_t> suspects;  // may hold some that are none any more
  std::vector<std::uint32_t> flapping;
  std::vector<std::uint32_t> restored;  // as bad, and no tick has come since
  Timestamp last_tick{};
  std::int64_t counted_minute = 0;  // up to here bad minutes are counted
};

// In words, with numbers.
std::string evidence_text(const Trouble& trouble);

}  // namespace faultline::detect
