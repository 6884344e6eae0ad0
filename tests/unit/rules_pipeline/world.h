// The whole pipeline over a network of the test's making: tests say what is down and let seconds pass. Every
// endpoint has a round of 5 packets every ten seconds or as the test says, a burst is answered in the second
// after it was asked for. Time is the test's, and so is the clock: it may jump.
#pragma once

#include "daemon/config/rule_file.h"
#include "rules/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace faultline::test {

using namespace std::chrono_literals;

struct Network {
  std::vector<NodeRecord> nodes;
  std::vector<EndpointRecord> endpoints;

  void node(std::string name, NodeKind kind, const std::vector<std::string>& parents = {}) {
    NodeRecord record;
    record.node.name = std::move(name);
    record.node.kind = kind;
    for (const std::string& parent : parents) record.parents.push_back({EdgeKind::transport, parent});
    nodes.push_back(std::move(record));
  }
  void endpoint(std::string name, const std::vector<std::string>& parents = {},
                std::optional<Place> place = {}) {
    EndpointRecord record;
    record.endpoint.name = std::move(name);
    record.endpoint.technology = Technology::lte;
    record.endpoint.customers = 300;
    record.endpoint.place = place;
    for (const std::string& parent : parents) record.parents.push_back({EdgeKind::transport, parent});
    endpoints.push_back(std::move(record));
  }
  // core, agg-1 …, of each `sites` sites site-A-S with `cells` cells cell-A-S-K, a kilometre apart.
  static Network city(int aggregations, int sites, int cells) {
    Network city;
    city.node("core", NodeKind::core);
    for (int a = 1; a <= aggregations; ++a) {
      const std::string agg = "agg-" + std::to_string(a);
      city.node(agg, NodeKind::aggregation, {"core"});
      for (int s = 1; s <= sites; ++s) {
        const std::string id = std::to_string(a) + "-" + std::to_string(s);
        city.node("site-" + id, NodeKind::site, {agg});
        for (int k = 1; k <= cells; ++k)
          city.endpoint("cell-" + id + "-" + std::to_string(k), {"site-" + id},
                        Place{52.30 + 0.009 * s, 4.80 + 0.0588 * a});
      }
    }
    return city;
  }
  std::shared_ptr<const Topology> build(const Topology* previous = nullptr) const {
    auto built = Topology::build(nodes, endpoints, previous);
    if (!built) throw std::runtime_error(built.error().message);
    return *built;
  }
};

inline Complaint nowhere(std::uint64_t customer) {
  Complaint complaint;
  complaint.customer = customer;
  return complaint;
}
inline Complaint at_place(std::uint64_t customer, Place place) {
  Complaint complaint = nowhere(customer);
  complaint.place = place;
  return complaint;
}
inline Complaint on_line(std::uint64_t customer, std::optional<EndpointIndex> line) {
  Complaint complaint = nowhere(customer);
  complaint.line = line;
  return complaint;
}
inline Complaint in_cell(std::uint64_t customer, std::optional<EndpointIndex> cell) {
  Complaint complaint = nowhere(customer);
  complaint.cell = cell;
  return complaint;
}

inline std::shared_ptr<const RuleSet> shipped_rules() {
  auto rules = config::default_rules();
  if (!rules) throw std::runtime_error(rules.error().message);
  return std::make_shared<const RuleSet>(std::move(*rules));
}

class PipelineWorld {
 public:
  explicit PipelineWorld(const Network& network)
      : rules(shipped_rules()), topology(network.build()), pipeline(topology, rules) {}

  std::vector<EndpointIndex> below(const std::string& target) const {
    if (const auto endpoint = topology->find_endpoint(target)) return {*endpoint};
    return topology->endpoints_below(topology->find_node(target).value());
  }
  void cut(const std::string& target, double loss = 1) {
    for (const EndpointIndex endpoint : below(target)) down[endpoint] = loss;
  }
  void mend(const std::string& target) {
    for (const EndpointIndex endpoint : below(target)) down.erase(endpoint);
  }
  void reload(const Network& network) {
    topology = network.build(topology.get());
    pipeline.set_topology(topology);
  }

  Round round(EndpointIndex endpoint, int sent, int lost, bool on_demand) const {
    Round one;
    one.endpoint = endpoint;
    one.started = one.finished = now;
    one.on_demand = on_demand;
    one.packets.sent = static_cast<std::uint16_t>(sent);
    one.packets.received = static_cast<std::uint16_t>(sent - lost);
    one.outcome = lost == 0 ? Outcome::ok : lost == sent ? Outcome::lost : Outcome::partial;
    if (lost < sent) one.rtt.median_ms = 20;
    return one;
  }
  ProbeHostIndex home_of(EndpointIndex endpoint) const {
    return static_cast<ProbeHostIndex>(endpoint.value % hosts);
  }
  void measure(EndpointIndex endpoint, bool on_demand, ProbeHostIndex from) {
    const auto found = down.find(endpoint);
    const double loss = deaf.contains(from) ? 1 : found == down.end() ? 0 : found->second;
    const int sent = on_demand && loss > 0 ? 20 : 5;
    Round one = round(endpoint, sent, static_cast<int>(std::lround(loss * sent)), on_demand);
    one.probe_host = from;
    if (const auto late = slow.find(endpoint); late != slow.end()) one.rtt.median_ms *= late->second;
    take(pipeline.on(one));
  }
  // So many seconds pass by the true time, whatever the clock says meanwhile.
  void pass(std::chrono::seconds time) {
    for (auto left = time.count(); left > 0; --left) {
      now += 1s;
      ++second_;
      for (const BurstRequested& burst : std::exchange(asked, {}))
        measure(burst.endpoint, true, std::min<ProbeHostIndex>(burst.from, hosts - 1));
      for (std::uint32_t i = second_ % period; i < topology->endpoints().size(); i += period)
        if (!topology->endpoint(EndpointIndex{i}).retired) measure(EndpointIndex{i}, false, home_of({i}));
      Tick tick{now, host_healthy};
      for (const ProbeHostIndex host : failing) tick.failing_hosts |= 1U << host;
      take(pipeline.on(tick));
    }
  }
  void complain(Complaint complaint) {
    if (complaint.id.empty()) complaint.id = "c" + std::to_string(complaints.size() + 1);
    if (complaint.received == Timestamp{}) complaint.received = now;
    complaints[complaint.id];
    take(pipeline.on(complaint));
  }

  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* changed = std::get_if<IncidentChanged>(&action.detail)) {
        told.push_back(*changed);
      } else if (const auto* attached = std::get_if<ComplaintAttached>(&action.detail)) {
        complaints[attached->complaint_id] = attached->incident;
      } else if (const auto* burst = std::get_if<BurstRequested>(&action.detail)) {
        ++bursts;
        asked.push_back(*burst);
      }
    }
  }
  std::size_t count(IncidentEvent event) const {
    return static_cast<std::size_t>(
        std::count_if(told.begin(), told.end(), [&](const auto& one) { return one.event == event; }));
  }
  const Incident& last(IncidentEvent event) const {
    for (auto one = told.rbegin(); one != told.rend(); ++one)
      if (one->event == event) return one->incident;
    throw std::runtime_error("never told");
  }
  std::string root_of(const Incident& incident) const {
    if (const auto* node = std::get_if<NodeIndex>(&incident.root)) return topology->node(*node).name;
    if (const auto* endpoint = std::get_if<EndpointIndex>(&incident.root))
      return topology->endpoint(*endpoint).name;
    return "area";
  }
  // Root of every incident that opened, sorted, with spaces between.
  std::string opened() const {
    std::multiset<std::string> names;
    for (const IncidentChanged& one : told)
      if (one.event == IncidentEvent::opened) names.insert(root_of(one.incident));
    std::string text;
    for (const std::string& name : names) text.append(text.empty() ? "" : " ").append(name);
    return text;
  }
  std::size_t attached() const {
    return static_cast<std::size_t>(std::count_if(complaints.begin(), complaints.end(),
                                                  [](const auto& one) { return one.second.has_value(); }));
  }

  std::shared_ptr<const RuleSet> rules;
  std::shared_ptr<const Topology> topology;
  Pipeline pipeline;
  // A Tuesday, 10:00 UTC.
  Timestamp now = Timestamp(std::chrono::seconds(1'795'514'400));
  std::uint32_t period = 10;  // seconds between two rounds of an endpoint
  bool host_healthy = true;
  ProbeHostIndex hosts = 1;              // that send probes, each to its share of the endpoints
  std::set<ProbeHostIndex> deaf;         // those to which nothing comes back,
  std::set<ProbeHostIndex> failing;      // those that say so
  std::map<EndpointIndex, double> down;  // and how much it loses
  std::map<EndpointIndex, float> slow;   // and how many times as long its round trip is
  std::vector<BurstRequested> asked;
  std::vector<IncidentChanged> told;
  std::map<std::string, std::optional<IncidentNumber>> complaints;
  std::size_t bursts = 0;

 private:
  std::uint32_t second_ = 0;
};

}  // namespace faultline::test
