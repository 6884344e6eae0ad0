// Inside of the pipeline: the stages and what joins them. Only rules/pipeline*.cpp include this.
#pragma once

#include "rules/correlate/burst_queue.h"
#include "rules/correlate/footprint.h"
#include "rules/decide/guard.h"
#include "rules/decide/incident_book.h"
#include "rules/decide/observe.h"
#include "rules/detect/detector.h"
#include "rules/pipeline.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace faultline {

struct Pipeline::Impl {
  Impl(std::shared_ptr<const Topology> topology, std::shared_ptr<const RuleSet> rules);

  // pipeline.cpp
  void restore(PipelineState state);
  void set_topology(std::shared_ptr<const Topology> next);
  void set_rules(std::shared_ptr<const RuleSet> next);
  void on(const Round& round, Actions& actions);
  void take_events(Timestamp now, Actions& actions);
  void send_bursts(Timestamp now, Actions& actions);
  decide::Present present(Timestamp now) const;

  // pipeline_tick.cpp
  void on(const Tick& tick, Actions& actions);
  void check_host(const Tick& tick, Actions& actions);
  void ask_sample(Timestamp now);
  void apply_maintenance(Timestamp now, Actions& actions);
  void set_mask(const std::set<EndpointIndex>& wanted, Timestamp now, Actions& actions);
  std::set<EndpointIndex> below(const Maintenance& window) const;
  void look_around(Timestamp now);
  void localise(Timestamp now, Actions& actions);
  void measure_parents();
  void remeasure_members(Timestamp now);
  bool is_open_question(EndpointIndex endpoint, Timestamp since) const;

  std::shared_ptr<const Topology> topology;
  std::shared_ptr<const RuleSet> rules;
  detect::Detector detector;
  std::unique_ptr<correlate::Footprints> footprints;
  correlate::BurstQueue bursts;
  decide::IncidentBook book;
  decide::Observations observations;
  decide::HostGuard guard;

  std::set<EndpointIndex> bad;  // became bad and did not recover
  std::vector<EndpointIndex> newly_bad;
  bool changed = false;  // since the last localisation
  Timestamp swept{};     // last breadth-first sweep of the network
  detect::Events events;

  std::vector<Maintenance> windows;
  std::set<EndpointIndex> masked;
  struct Overrun {
    std::string window;
    Timestamp since;
    std::vector<EndpointIndex> below;
  };
  std::map<std::string, std::vector<EndpointIndex>> running;  // windows in force, by id
  std::vector<Overrun> overruns;
};

}  // namespace faultline
