#include "rules/correlate/footprint.h"

#include <unordered_set>

namespace faultline::correlate {

std::span<const ChildGroup> Footprints::groups(NodeIndex node) const {
  const auto found = groups_.find(node);
  if (found != groups_.end()) return found->second;

  std::vector<ChildGroup> groups;
  std::unordered_set<EndpointIndex> seen;
  for (const NodeIndex child : topology_->child_nodes(node)) {
    ChildGroup group{child, {}};
    for (const EndpointIndex endpoint : topology_->endpoints_below(child))
      if (seen.insert(endpoint).second) group.endpoints.push_back(endpoint);
    if (!group.endpoints.empty()) groups.push_back(std::move(group));
  }
  for (const EndpointIndex endpoint : topology_->child_endpoints(node))
    if (seen.insert(endpoint).second) groups.push_back({NodeIndex{}, {endpoint}});
  return groups_.emplace(node, std::move(groups)).first->second;
}

std::span<const EndpointIndex> Footprints::endpoints(NodeIndex node) const {
  const auto found = endpoints_.find(node);
  if (found != endpoints_.end()) return found->second;
  return endpoints_.emplace(node, topology_->endpoints_below(node)).first->second;
}

}  // namespace faultline::correlate
