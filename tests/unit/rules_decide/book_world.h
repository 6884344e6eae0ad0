// A small network and an IncidentBook over it: tests say who is bad and let time pass. What the detector
// would say stands in `health`; the localiser is the real one. Inside of tests/unit/rules_decide.
#pragma once

#include "daemon/config/rule_file.h"
#include "rules/correlate/footprint.h"
#include "rules/correlate/localiser.h"
#include "rules/correlate/remainder.h"
#include "rules/decide/incident_book.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace faultline::decide::test {

// core, aggregations agg-1 …, of each `sites` sites site-A-S with `cells` cells cell-A-S-K.
inline std::shared_ptr<const Topology> small_network(int aggregations, int sites, int cells) {
  std::vector<NodeRecord> nodes{{{"core", NodeKind::core, {}, {}, false}, {}}};
  std::vector<EndpointRecord> endpoints;
  for (int a = 1; a <= aggregations; ++a) {
    const std::string agg = "agg-" + std::to_string(a);
    nodes.push_back({{agg, NodeKind::aggregation, {}, {}, false}, {{EdgeKind::transport, "core"}}});
    for (int s = 1; s <= sites; ++s) {
      const std::string id = std::to_string(a) + "-" + std::to_string(s);
      nodes.push_back({{"site-" + id, NodeKind::site, {}, {}, false}, {{EdgeKind::transport, agg}}});
      for (int k = 1; k <= cells; ++k) {
        EndpointRecord record;
        record.endpoint.name = "cell-" + id + "-" + std::to_string(k);
        record.endpoint.technology = Technology::lte;
        record.endpoint.customers = 300;
        record.parents = {{EdgeKind::transport, "site-" + id}};
        endpoints.push_back(std::move(record));
      }
    }
  }
  return *Topology::build(std::move(nodes), std::move(endpoints));
}

inline std::shared_ptr<const RuleSet> all_rules() {
  auto read = config::default_rules();
  if (!read) throw std::runtime_error(read.error().message);
  return std::make_shared<const RuleSet>(std::move(*read));
}

struct BookWorld {
  explicit BookWorld(std::shared_ptr<const Topology> topology_,
                     std::shared_ptr<const RuleSet> rules_ = all_rules())
      : topology(std::move(topology_)),
        rules(std::move(rules_)),
        footprints(topology),
        book(topology, {rules, &rules->decide}),
        health(topology->endpoints().size()) {
    for (EndpointHealth& one : health) one.state = HealthState::ok, one.clean = true;
  }

  NodeIndex node(const std::string& name) const { return topology->find_node(name).value(); }
  std::vector<EndpointIndex> below(const std::string& name) const {
    if (const auto endpoint = topology->find_endpoint(name)) return {*endpoint};
    return topology->endpoints_below(node(name));
  }
  void set_bad(const std::string& target, float loss = 1) {
    for (const EndpointIndex endpoint : below(target)) {
      EndpointHealth& one = health[endpoint.value];
      const Timestamp onset = one.state == HealthState::bad ? one.onset : now;
      one = {HealthState::bad, 1, false, false, 11.6F, loss, onset, onset, now};
    }
  }
  void set_good(const std::string& target) {
    for (const EndpointIndex endpoint : below(target))
      health[endpoint.value] = {HealthState::ok, 0, true, false, -3, 0, {}, {}, now};
  }

  // So many seconds pass; every endpoint is measured in each of them.
  void pass(std::chrono::seconds time) {
    for (const Timestamp end = now + time; now < end;) {
      now += std::chrono::seconds(1);
      for (EndpointHealth& one : health) one.measured = now;
      step();
    }
  }

  void step() {
    std::vector<correlate::BadEndpoint> pool;
    for (std::uint32_t i = 0; i < health.size(); ++i) {
      if (!is_bad(health[i])) continue;
      book.adopt(EndpointIndex{i}, now);
      if (book.wants_explanation(EndpointIndex{i}, now))
        pool.push_back({EndpointIndex{i}, health[i].evidence_nats, health[i].onset, false});
    }
    const auto is_healthy = [&](EndpointIndex endpoint, Timestamp after) {
      return health[endpoint.value].state == HealthState::ok && health[endpoint.value].measured > after;
    };
    for (const IncidentNumber number : book.remainders_wanted(now)) {
      const Incident& incident = this->incident(number);
      std::vector<correlate::BadEndpoint> left;
      for (const EndpointIndex one : incident.bad)
        if (!contains(incident.suspected_members, one))
          left.push_back({one, health[one.value].evidence_nats, health[one.value].onset, false});
      book.note_remainder(
          number,
          correlate::remainder_of(footprints, rules->correlate.localise, incident.root, left, is_healthy),
          now);
      ++asked;
    }
    Actions actions;
    const Present present{now, health, is_blocked};
    book.reconcile(correlate::explain(footprints, rules->correlate.localise, pool, is_healthy), present,
                   actions);
    book.advance(present, observations, actions);
    keep(actions);
  }
  void complain(const std::string& id, IncidentNumber incident) {
    Actions actions;
    book.attach(id, now, incident, now, actions);
    keep(actions);
  }

  void keep(const Actions& actions) {
    for (const Action& action : actions)
      if (const auto* changed = std::get_if<IncidentChanged>(&action.detail)) told.push_back(*changed);
  }
  // The names of what was told of it, "suspected opened …".
  std::string story(IncidentNumber number) const {
    std::string text;
    for (const IncidentChanged& one : told)
      if (one.incident.number == number) text.append(text.empty() ? "" : " ").append(name(one.event));
    return text;
  }
  std::size_t count(IncidentEvent event) const {
    return static_cast<std::size_t>(
        std::count_if(told.begin(), told.end(), [&](const auto& one) { return one.event == event; }));
  }
  const IncidentChanged& last(IncidentEvent event) const {
    for (auto one = told.rbegin(); one != told.rend(); ++one)
      if (one->event == event) return *one;
    throw std::runtime_error("never told");
  }
  const Incident& incident(IncidentNumber number) const { return book.find(number)->incident; }

  std::shared_ptr<const Topology> topology;
  std::shared_ptr<const RuleSet> rules;
  correlate::Footprints footprints;
  IncidentBook book;
  Observations observations;
  std::vector<EndpointHealth> health;
  Timestamp now{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + std::chrono::hours(12) +
                std::chrono::minutes(40)};
  std::vector<IncidentChanged> told;
  std::size_t asked = 0;    // about what is left of a wider incident
  bool is_blocked = false;  // the probe host may be to blame
};

}  // namespace faultline::decide::test
