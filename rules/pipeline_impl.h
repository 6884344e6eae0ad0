// Inside of the pipeline: the stages and what joins them. Only rules/pipeline*.cpp include this.
#pragma once

#include "rules/correlate/area_scan.h"
#include "rules/correlate/attach.h"
#include "rules/correlate/burst_queue.h"
#include "rules/correlate/centroids.h"
#include "rules/correlate/coincidence.h"
#include "rules/correlate/complaint_counts.h"
#include "rules/correlate/footprint.h"
#include "rules/correlate/geocode.h"
#include "rules/correlate/grid.h"
#include "rules/correlate/localiser.h"
#include "rules/correlate/scan.h"
#include "rules/correlate/usual.h"
#include "rules/decide/guard.h"
#include "rules/decide/incident_book.h"
#include "rules/decide/observe.h"
#include "rules/detect/detector.h"
#include "rules/model/endpoint_set.h"
#include "rules/pipeline.h"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
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
  void set_back(Timestamp now, Duration by);
  void apply_maintenance(Timestamp now, Actions& actions);
  void set_mask(const EndpointSet& wanted, Timestamp now, Actions& actions);
  std::vector<EndpointIndex> below(const Maintenance& window) const;
  std::vector<std::uint32_t> count_bad(Timestamp now) const;
  void look_around(Timestamp now);
  void localise(Timestamp now, Actions& actions);
  void localise_remainders(Timestamp now);
  correlate::HealthyAfter healthy_after() const;  // as long as this
  void measure_parents();
  void remeasure_members(Timestamp now);
  bool is_open_question(EndpointIndex endpoint, Timestamp since) const;

  // pipeline_hosts.cpp
  void check_hosts(const Tick& tick, Actions& actions);
  void follow_verdict(ProbeHostIndex host, const decide::HostVerdict& verdict, Timestamp now,
                      Actions& actions);
  void discard_of(ProbeHostIndex host, Timestamp since, Timestamp now, Actions& actions);
  void ask_sample(ProbeHostIndex host, Timestamp now);
  void list_hosts();
  Root host_root(ProbeHostIndex host) const;
  void note_unseen(Timestamp now);
  bool does_count(const Round& round);
  bool is_away(const Round& round) const;
  bool has_eyes() const;
  bool is_settling(Timestamp now) const;
  bool may_open(Timestamp now) const;
  std::optional<ProbeHostIndex> burst_from(EndpointIndex endpoint) const;

  // pipeline_argument.cpp
  void argue(Timestamp now, Actions& actions);
  struct Crowd {              // told of in one tick
    std::size_t changes = 0;  // of incidents and suspicions,
    std::size_t told = 0;     // of them those of incidents
  };
  Argument argument_of(const decide::Record& record, IncidentEvent event, const Crowd& crowd,
                       Timestamp now) const;
  std::vector<correlate::BadEndpoint> asked_with(const decide::Record& record) const;

  // pipeline_complaints.cpp
  struct Kept {
    Complaint complaint;
    correlate::Weights weights;
    correlate::Whereabouts whereabouts;  // of the weights
    correlate::Located located;
    std::shared_ptr<const correlate::Spot> spot;  // nothing: not on the map
    Timestamp arrived;     // when it was heard of; never earlier than that of the one before
    bool counts = false;   // the first of its customer within a day
    double explained = 0;  // by open incidents, attached or near
  };
  void on(const Complaint& complaint, Actions& actions);
  bool keep(const Complaint& complaint);
  void forget_complaints(Timestamp now);
  void learn_usual(Timestamp now);
  void weigh_customers();
  std::vector<correlate::AttachTarget> targets(Timestamp now) const;
  void attach(Kept& kept, std::span<const correlate::AttachTarget> to, Timestamp now, Actions& actions);
  void attach_anew(Timestamp now, Actions& actions);
  std::deque<Kept>::iterator heard_since(Timestamp since);
  const decide::Record* incident_of(const Kept& kept) const;
  bool is_settled(const Kept& kept) const;
  void place(Kept& kept) const;
  ComplaintAnswer answer(const Complaint& complaint) const;

  // pipeline_scan.cpp
  bool is_masked(const correlate::Weights& weights) const;
  // `record`: its incident_of().
  bool is_unexplained(const Kept& kept, const decide::Record* record, Timestamp now) const;
  Duration longest_window(Timestamp now) const;
  void count(const Kept& kept, const decide::Record* record);
  bool gather_unexplained(Timestamp now);  // anew; or that was done not long ago
  void scan(Timestamp now, Actions& actions);
  void scan_postponed(Timestamp now, Actions& actions);
  void scan_the_night(Timestamp now, Actions& actions);
  void list_the_night(Timestamp now);
  std::optional<double> suspect(const correlate::Located& newest, Timestamp now, Actions& actions);
  bool counts_for_areas(const decide::Record* record) const;
  void want_area(const Kept& newest, std::optional<double> by_topology);
  void scan_areas(Timestamp now, Actions& actions);
  void test_lines(Timestamp now);
  void add_complaints(std::vector<Hypothesis>& hypotheses, Timestamp now) const;

  std::shared_ptr<const Topology> topology;
  std::shared_ptr<const RuleSet> rules;
  detect::Detector detector;
  std::unique_ptr<correlate::Footprints> footprints;
  correlate::BurstQueue bursts;
  correlate::Coincidence coincidence;
  decide::IncidentBook book;
  decide::Observations observations;
  std::vector<decide::HostGuard> guards;  // by probe host, as many as have sent rounds; never empty
  std::vector<NodeIndex> host_nodes;      // by probe host, as far as the inventory has them
  std::vector<ProbeHostIndex> homes;      // by endpoint: where its latest scheduled round came from
  std::vector<char> unseen;               // by endpoint: that one is blind; empty while none of several is

  EndpointSet bad;  // became bad and did not recover
  std::vector<EndpointIndex> newly_bad;
  std::deque<Timestamp> became_bad;  // when, of the last sweep's spacing
  std::deque<Timestamp> troubled;    // when an endpoint became suspect or bad, of the last mass window
  std::vector<correlate::BadEndpoint> asked;  // what the localiser was asked to explain last
  bool changed = false;                       // since the last localisation,
  Timestamp localised{};                      // which was then
  Timestamp swept{};                          // last breadth-first sweep of the network
  detect::Events events;

  std::unique_ptr<correlate::Geocoder> geocoder;
  std::unique_ptr<correlate::Grid> grid;
  correlate::Usual usual;
  std::optional<Timestamp> learning;  // the hour of a day ago that is being learnt
  correlate::Centroids centroids;
  std::deque<Kept> complaints;  // of the last 24 hours, in the order they came
  // Of them those that the scan counts, as they were not long ago: which ones an incident explains
  // changes seldom, and looking at a day's complaints for each new one would take the loop's whole time in a
  // flood.
  correlate::ComplaintCounts unexplained;
  correlate::Callers callers;         // the same by their places on the map, without those of told nodes
  std::optional<Timestamp> gathered;  // when; nothing = gather anew
  Duration gather_spacing{};
  correlate::TargetChanges target_changes;
  Timestamp attached_anew{};  // when those were last that a change of the incidents touched
  Timestamp said_since{};
  // What the scan found within the last second, and the newest complaint of each since: looked at again at
  // the next tick, not for each of a flood.
  struct Said {
    Root root;
    double nats = 0;
  };
  std::vector<Said> said_now;
  std::map<Root, correlate::Located> postponed;
  // Squares of the map with new complaints, in the order they came, and what a node above those is worth.
  struct WantedArea {
    correlate::Square square;
    std::optional<double> by_topology;
  };
  std::deque<WantedArea> wanted_areas;
  Timestamp night_scanned{};                    // what was heard of the last night,
  std::deque<correlate::Located> night_wanted;  // and from where, still to be looked at
  std::unordered_set<std::string> known_complaints;
  std::unordered_map<std::uint64_t, Timestamp> counted_customers;
  Timestamp latest{};  // the newest time any input had
  Timestamp ticked{};  // the last tick's

  std::vector<Maintenance> windows;
  EndpointSet masked;
  std::vector<std::string> masking;  // windows that `masked` is made of
  bool mask_is_stale = false;        // the topology has changed since
  struct Overrun {
    std::string window;
    Timestamp since;
    std::vector<EndpointIndex> below;
  };
  std::map<std::string, std::vector<EndpointIndex>> running;  // windows in force, by id
  std::vector<Overrun> overruns;
  std::vector<decide::Work> works;  // the windows in force, without their grace
};

}  // namespace faultline
