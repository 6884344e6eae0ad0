// What lies below a node, as the child groups that a fault at the node would hit or spare: each child node
// with all endpoints below it, and each endpoint that hangs on the node directly. Made on first use and kept;
// one per topology. One thread.
#pragma once

#include "rules/model/topology.h"

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace faultline::correlate {

struct ChildGroup {
  NodeIndex node;                        // invalid: a single endpoint
  std::vector<EndpointIndex> endpoints;  // each endpoint in the first group that has it; sorted
};

class Footprints {
 public:
  explicit Footprints(std::shared_ptr<const Topology> topology) : topology_(std::move(topology)) {}

  const Topology& topology() const { return *topology_; }
  // Valid as long as this object.
  std::span<const ChildGroup> groups(NodeIndex node) const;
  // Every endpoint below, sorted. Valid as long as this object.
  std::span<const EndpointIndex> endpoints(NodeIndex node) const;

 private:
  std::shared_ptr<const Topology> topology_;
  mutable std::unordered_map<NodeIndex, std::vector<ChildGroup>> groups_;
  mutable std::unordered_map<NodeIndex, std::vector<EndpointIndex>> endpoints_;
};

}  // namespace faultline::correlate
