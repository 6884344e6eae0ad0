// Some days of a simulated network through the real pipeline, with a virtual clock: the same code as in the
// daemon, fed with rounds, complaints, alarms and ticks, and answered bursts.
#pragma once

#include "rules/model/rule_set.h"
#include "tests/accuracy/calls.h"
#include "tests/accuracy/ledger.h"
#include "tests/accuracy/network.h"
#include "tests/accuracy/plan.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace faultline::accuracy {

struct SimulationOptions {
  double days = 14;
  std::int64_t interval_s = 60;
  std::uint16_t packets = 10;
  double missing = 0;  // share of the results that are not measured
  std::uint32_t probe_hosts = 1;
  bool bursts = true;  // off: what was asked for never comes (ablation)
  bool rounds = true;  // off: nothing is ever measured, all there is to go by are complaints
  bool alarms = true;  // dying gasps, loss of signal and power alarms of other systems
  bool trace = false;  // every incident change on stderr
  std::string watch;   // every round of the endpoint of this name, on stderr
  std::uint64_t seed = 1;
};

struct SimulationResult {
  std::vector<Ticket> tickets;
  Ledger ledger;
  std::uint64_t rounds = 0, packets = 0, bursts = 0, burst_packets = 0;
  double pipeline_s = 0;  // of CPU, without the simulation itself
  double worst_tick_ms = 0;
  double wall_s = 0;
};

// Sees every scheduled round, for the baselines.
using RoundWatcher = std::function<void(const Round&, std::int64_t second)>;

SimulationResult simulate(const Network& network, const std::vector<Event>& events,
                          const std::vector<Call>& calls, std::shared_ptr<const RuleSet> rules,
                          const SimulationOptions& options, const RoundWatcher& watcher);

}  // namespace faultline::accuracy
