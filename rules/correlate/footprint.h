// What lies below a node, as the child groups that a fault at the node would hit or spare: each child node
// with all endpoints below it, and each endpoint that hangs on the node directly. Made on first use and kept;
// one per topology. One thread.
#pragma once

#include "rules/model/topology.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace faultline::correlate {

// By what they use, since the two complain at different rates.
struct Customers {
  double mobile = 0;
  double fixed = 0;

  void add(const Endpoint& endpoint, double factor = 1);
};

struct ChildGroup {
  NodeIndex node;                        // invalid: a single endpoint
  std::vector<EndpointIndex> endpoints;  // each endpoint in the first group that has it; sorted
  Customers customers;
};

class Footprints {
 public:
  explicit Footprints(std::shared_ptr<const Topology> topology) : topology_(std::move(topology)) {}

  const Topology& topology() const { return *topology_; }
  // Valid as long as this object.
  std::span<const ChildGroup> groups(NodeIndex node) const;
  // Every endpoint below, sorted. Valid as long as this object.
  std::span<const EndpointIndex> endpoints(NodeIndex node) const;
  // Position in groups(node) of the group that has the endpoint; nothing if it is not below the node.
  std::optional<std::uint32_t> group_of(NodeIndex node, EndpointIndex endpoint) const;
  const Customers& customers(NodeIndex node) const;
  Customers customers(EndpointIndex endpoint) const;
  // Of the whole network.
  const Customers& everyone() const;
  // From now on customers count by this factor of their endpoint, by index: how readily they complain.
  void weigh(std::vector<float> factors);

 private:
  using GroupOf = std::vector<std::pair<EndpointIndex, std::uint32_t>>;  // sorted
  void add_weighed(Customers& to, EndpointIndex endpoint) const;

  std::shared_ptr<const Topology> topology_;
  std::vector<float> factors_;  // empty: all 1
  mutable std::unordered_map<NodeIndex, std::vector<ChildGroup>> groups_;
  mutable std::vector<std::uint32_t>
      seen_;  // by endpoint: the latest of the nodes whose groups were made with it
  mutable std::unordered_map<NodeIndex, std::vector<EndpointIndex>> endpoints_;
  mutable std::unordered_map<NodeIndex, GroupOf> group_of_;
  mutable std::unordered_map<NodeIndex, Customers> customers_;
  mutable std::optional<Customers> everyone_;
};

}  // namespace faultline::correlate
