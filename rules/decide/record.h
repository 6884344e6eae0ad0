// An incident with what the book needs to run it. Inside of rules/decide and of the pipeline.
#pragma once

#include "rules/decide/narrowing.h"
#include "rules/decide/severity.h"
#include "rules/model/correlate_rules.h"
#include "rules/model/health.h"
#include "rules/model/hypothesis.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace faultline::decide {

// Announced work in force: a maintenance window.
struct Work {
  Timestamp begins;
  std::size_t endpoints = 0;  // below it, as the inventory has it
};

// What is true now; `health` is by endpoint index.
struct Present {
  Timestamp at;
  std::span<const EndpointHealth> health;
  bool blocked = false;  // the probe host may be to blame: nothing opens
  // By endpoint: the probe host that measures it is blind, whatever others say of it. Empty: none is.
  std::span<const char> unseen = {};
  std::span<const Work> works = {};

  bool is_unseen(EndpointIndex endpoint) const { return !unseen.empty() && unseen[endpoint.value] != 0; }
};

// What others were told last, as far as a change of it is worth telling again.
struct Told {
  Timestamp at{};
  Severity severity = Severity::warning;
  std::optional<Cause> cause;
  std::size_t affected = 0, complaints = 0, strays = 0;
};
Told told_of(const Incident& incident, Timestamp at);

struct Record {
  Incident incident;
  Level level = Level::endpoint;
  std::vector<EndpointIndex> members;  // every endpoint that was ever bad in it, sorted
  std::vector<EndpointIndex> tests;    // would tell it from its alternatives
  std::optional<Place> callers;        // Hypothesis::callers
  double gain_nats = 0;                // of `argument`
  double margin_nats = 0;
  std::vector<Evidence> argument;      // the localiser's, of the time when the most spoke for it
  std::vector<Evidence> notes;         // what was seen besides: how it opened, strays, relapses
  Timestamp assessed{};                // the latest measurement of a member that was judged
  std::vector<CauseFeature> features;  // of the members at the worst time
  std::vector<CauseFeature> context;   // alarms and complaints, at any time
  std::vector<CauseFeature> ranked;    // what incident.causes were worked out from
  bool flapping = false;
  bool is_host = false;   // the incident of the probe host itself
  bool is_storm = false;  // holds what came after the fuse blew
  bool parent_measured = true;
  bool claimed = false;  // by a hypothesis of the present run
  Duration extra_hold{};
  std::uint32_t repeats = 0;  // bad rounds of a single endpoint since it was suspected
  Timestamp last_bad{};       // a member was bad
  Timestamp due{};            // end of the hold before opening
  Timestamp first_complaint{}, last_complaint{};
  Told told;
  SeverityMemory severity;
  std::optional<Timestamp> mostly_over_since;  // hardly a member is bad any more
  std::string overrun;                         // the maintenance window that it outlasted
  Narrowing narrowing;                         // which parts of it outlast the rest

  bool is_active() const { return incident.state <= IncidentState::recovering; }
  bool is_told() const { return incident.opened_at.has_value(); }
};

// Of the incident being real: its argument, for a single endpoint with its repeated bad rounds.
double log_odds_of(const Record& record, const OpeningRules& rules);

constexpr bool is_bad(const EndpointHealth& health) {
  return health.state == HealthState::bad || health.state == HealthState::flapping;
}

// False if the root, or a part of an area, is not in the inventory (any more).
bool is_known(const Root& root, const Topology& topology);

// True if `upper` is a node strictly above the node or endpoint `lower`.
bool is_root_above(const Root& upper, const Root& lower, const Topology& topology);

// A fault that is only known by the area of it: does the node or endpoint lie in it, or do two share a node?
bool is_in_area(const Root& area, const Root& root, const Topology& topology);
bool is_same_area(const Root& a, const Root& b);

// Of sorted lists.
bool contains(const std::vector<EndpointIndex>& list, EndpointIndex endpoint);
bool contains_all(const std::vector<EndpointIndex>& list, const std::vector<EndpointIndex>& part);
bool intersects(const std::vector<EndpointIndex>& a, const std::vector<EndpointIndex>& b);
std::size_t common(const std::vector<EndpointIndex>& a, const std::vector<EndpointIndex>& b);  // how many
void insert_all(std::vector<EndpointIndex>& into, const std::vector<EndpointIndex>& other);
void remove_all(std::vector<EndpointIndex>& from, const std::vector<EndpointIndex>& other);

}  // namespace faultline::decide
