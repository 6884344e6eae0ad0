// The simulated operator: cores, aggregations, sites and endpoints on a map, with what the inventory says of
// them and what is true. Deterministic from the seed.
#pragma once

#include "rules/model/topology.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace faultline::accuracy {

struct NetworkPlan {
  std::uint32_t aggregations = 20;  // 20, 80 and 400 are the sizes S, M and L
  std::uint32_t sites_of_each = 25;
  double wrong_edges = 0;         // share of the endpoints that the inventory puts below another site
  std::uint32_t probe_hosts = 1;  // more than one are in the inventory, so that their incidents have names
  bool power_zones = true;        // the inventory knows which sites share a power feed
  std::uint64_t seed = 1;
};

struct SimSite {
  NodeIndex node;
  NodeKind kind = NodeKind::site;
  Place place;
  std::uint32_t aggregation = 0;
  std::uint32_t zone = 0;
  std::vector<EndpointIndex> endpoints;  // in truth, not by the inventory
};

struct Network {
  std::shared_ptr<const Topology> topology;  // the inventory
  NodeIndex core;
  std::vector<NodeIndex> aggregations;
  std::vector<NodeIndex> zones;  // invalid where the inventory does not know them
  std::vector<SimSite> sites;    // those of an aggregation one after the other, in the order of the ring
  std::vector<std::vector<std::uint32_t>> sites_of_zone;

  std::vector<EndpointIndex> endpoints_of(const std::vector<std::uint32_t>& some_sites) const;  // sorted
  std::vector<std::uint32_t> sites_of_aggregation(std::uint32_t aggregation) const;
};

Network make_network(const NetworkPlan& plan);

}  // namespace faultline::accuracy
