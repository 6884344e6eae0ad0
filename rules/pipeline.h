// The three stages in a row: rounds, complaints, alarms and ticks in, actions out. Pure and deterministic:
// the same inputs in the same order give the same actions, in the daemon, in `faultline replay` and in the
// simulator alike. One thread; no I/O, no clock. The caller sends a tick at least once a second.
#pragma once

#include "rules/model/action.h"
#include "rules/model/alarm.h"
#include "rules/model/complaint.h"
#include "rules/model/health.h"
#include "rules/model/incident.h"
#include "rules/model/learnt.h"
#include "rules/model/maintenance.h"
#include "rules/model/round.h"
#include "rules/model/rule_set.h"
#include "rules/model/topology.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline {

struct Tick {
  Timestamp at;
  // The probe host's check of itself since the last tick: own gateway and reference targets (A.8). False =
  // what was measured since then is worth nothing.
  bool probe_host_healthy = true;
  // Where several send probes: bit n = probe host n fails its check, too.
  std::uint32_t failing_hosts = 0;

  bool fails(ProbeHostIndex host) const {
    return (host == 0 && !probe_host_healthy) || (failing_hosts >> host & 1U) != 0;
  }
};

// What customer care is told at once about one complaint.
struct ComplaintAnswer {
  std::optional<IncidentNumber> incident;  // the one that explains it
  double probability = 0;                  // that it does, 0 … 1
  std::vector<EndpointIndex> nearby;       // what serves the place, nearest first, at most 8
};

// What a restart needs: everything but baselines and what a round brings back by itself.
struct PipelineState {
  std::vector<Incident> incidents;        // those not ended, and those closed in the last 30 minutes
  std::vector<Degradation> degradations;  // those that are on
  std::vector<Complaint> complaints;      // those of the last 24 hours
  IncidentNumber next_incident = 1;
  struct PastFault {
    Root root;
    Timestamp onset;
  };
  std::vector<PastFault> past_faults{};  // that had a ticket in the last week, in the order of time
};

class Pipeline {
 public:
  Pipeline(std::shared_ptr<const Topology> topology, std::shared_ptr<const RuleSet> rules);
  ~Pipeline();
  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;

  // Call before any input; restores what the store has kept. Raises nothing by itself.
  void restore(PipelineState state);
  // A learnt baseline block of one endpoint, as `baseline` gave it; one that does not fit is ignored.
  void restore_baseline(EndpointIndex endpoint, std::span<const std::byte> block);
  std::vector<std::byte> baseline(EndpointIndex endpoint) const;
  // How many complaints are usual, as learnt so far; one that does not fit is ignored.
  std::string usual_complaints() const;
  void restore_usual_complaints(std::string_view saved);

  Actions on(const Round& round);
  Actions on(const Complaint& complaint);
  Actions on(const Alarm& alarm);
  Actions on(const Tick& tick);

  // Swap without loss: same-named things keep their state (their index is the same), retired ones are
  // forgotten. Raises nothing by itself.
  void set_topology(std::shared_ptr<const Topology> topology);
  void set_rules(std::shared_ptr<const RuleSet> rules);
  void set_maintenance(std::vector<Maintenance> windows);

  const Topology& topology() const;
  const EndpointHealth& health(EndpointIndex endpoint) const;
  std::vector<Degradation> degradations() const;
  // Every incident that has not ended, and those that ended in the last 24 hours, by number.
  std::vector<const Incident*> incidents() const;
  const Incident* incident(IncidentNumber number) const;
  // What the complaint would be answered now; changes nothing.
  ComplaintAnswer answer(const Complaint& complaint) const;
  // What was learnt about an endpoint over weeks: what rules/foresee goes by.
  LearntEndpoint learnt(EndpointIndex endpoint, Timestamp now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline
