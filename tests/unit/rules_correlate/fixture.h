// Rules and small networks for the tests of rules/correlate.
#pragma once

#include "rules/correlate/localiser.h"
#include "rules/correlate/remainder.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace faultline::correlate::test {

using namespace std::chrono_literals;

inline const Timestamp kStart = Timestamp(std::chrono::hours(500000));

// The numbers of algorithms B, as the golden values were computed with.
inline LocaliseRules localise_rules() {
  LocaliseRules rules;
  rules.endpoint_faults_per_year = 1;
  rules.node_faults_per_year.fill(1);
  rules.node_faults_per_year[static_cast<std::size_t>(NodeKind::site)] = 0.8;
  rules.node_faults_per_year[static_cast<std::size_t>(NodeKind::core)] = 0.2;
  rules.correlation_window = 300s;
  rules.spared = {{0.05, 0.6}, {0.40, 0.4}};
  rules.spread = {{1, 0.45}, {0.7, 0.10}, {0.5, 0.12}, {0.3, 0.13}, {0.15, 0.10}, {0.06, 0.10}};
  rules.spread_core = {{1, 0.4}, {0.7, 0.2}, {0.5, 0.2}, {0.3, 0.2}};
  rules.aggregation = {3, 0, 0.25};
  rules.core = {2, 0.25, 0.25};
  rules.shared_risk = {2, 0, 0};
  rules.bad_nats = 11.564;
  rules.ambiguity_nats = 3;
  rules.onset_quantile = 0.25;
  rules.onset_spread = 300s;
  rules.hidden_distance_m = 8000;
  rules.hidden_bad_share = 0.8;
  rules.hidden_spread = 45s;
  rules.tests = 20;
  return rules;
}

// Nodes and endpoints by name, as short as a test wants it.
class Network {
 public:
  Network& node(const std::string& name, NodeKind kind, std::vector<std::string> parents = {},
                std::optional<Place> place = {}) {
    NodeRecord record;
    record.node.name = name;
    record.node.kind = kind;
    record.node.place = place;
    for (auto& parent : parents) record.parents.push_back({EdgeKind::transport, parent});
    nodes_.push_back(std::move(record));
    return *this;
  }
  Network& endpoint(const std::string& name, std::vector<std::string> parents,
                    Technology technology = Technology::lte, std::optional<Place> place = {}) {
    EndpointRecord record;
    record.endpoint.name = name;
    record.endpoint.technology = technology;
    record.endpoint.customers = default_customers(technology);
    record.endpoint.place = place;
    for (auto& parent : parents) record.parents.push_back({EdgeKind::transport, parent});
    endpoints_.push_back(std::move(record));
    return *this;
  }
  // Site `name` with so many cells "name-c0" …
  Network& site(const std::string& name, int cells, std::vector<std::string> parents,
                std::optional<Place> place = {}) {
    node(name, NodeKind::site, std::move(parents), place);
    for (int c = 0; c < cells; ++c) endpoint(name + "-c" + std::to_string(c), {name}, Technology::lte, place);
    return *this;
  }
  std::shared_ptr<const Topology> build() const {
    auto built = Topology::build(nodes_, endpoints_);
    EXPECT_TRUE(built) << built.error().message;
    return *built;
  }

 private:
  std::vector<NodeRecord> nodes_;
  std::vector<EndpointRecord> endpoints_;
};

// A network of which some endpoints are bad and some healthy, and what the localiser makes of it.
class Situation {
 public:
  explicit Situation(const Network& network)
      : topology_(network.build()), footprints_(topology_), rules_(localise_rules()) {}

  Situation& bad(const std::string& endpoint, Timestamp onset = kStart) {
    const auto found = topology_->find_endpoint(endpoint);
    EXPECT_TRUE(found) << endpoint;
    bad_.push_back({*found, rules_.bad_nats, onset, false});
    return *this;
  }
  Situation& healthy(const std::string& endpoint) {
    const auto found = topology_->find_endpoint(endpoint);
    EXPECT_TRUE(found) << endpoint;
    healthy_.insert(*found);
    return *this;
  }
  std::vector<Hypothesis> explain() const {
    return correlate::explain(footprints_, rules_, bad_,
                              [&](EndpointIndex e, Timestamp) { return healthy_.count(e) > 0; });
  }
  Remainder remainder_of(const Root& root) const {
    return correlate::remainder_of(footprints_, rules_, root, bad_,
                                   [&](EndpointIndex e, Timestamp) { return healthy_.count(e) > 0; });
  }
  std::string root(const Hypothesis& hypothesis) const {
    if (const auto* node = std::get_if<NodeIndex>(&hypothesis.root)) return topology_->node(*node).name;
    if (const auto* endpoint = std::get_if<EndpointIndex>(&hypothesis.root))
      return topology_->endpoint(*endpoint).name;
    std::string text = "area";
    for (const NodeIndex node : std::get<Area>(hypothesis.root).nodes)
      text += " " + topology_->node(node).name;
    return text;
  }
  std::vector<std::string> roots() const {
    std::vector<std::string> names;
    for (const Hypothesis& hypothesis : explain()) names.push_back(root(hypothesis));
    return names;
  }
  LocaliseRules& rules() { return rules_; }
  const Topology& topology() const { return *topology_; }

 private:
  std::shared_ptr<const Topology> topology_;
  Footprints footprints_;
  LocaliseRules rules_;
  std::vector<BadEndpoint> bad_;
  std::set<EndpointIndex> healthy_;
};

}  // namespace faultline::correlate::test
