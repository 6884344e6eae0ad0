#include "rules/correlate/located.h"

#include "rules/model/correlate_rules.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace faultline::correlate {

Located locate(const Weights& weights, const Footprints& footprints, double share) {
  Located located;
  if (weights.empty()) return located;
  const Topology& topology = footprints.topology();
  located.nearest = weights.front().endpoint;
  std::unordered_map<NodeIndex, double> inside;
  for (const EndpointWeight& one : weights) {
    if (one.weight >= share) located.endpoints.push_back(one.endpoint);
    for (const NodeIndex node : topology.ancestors(one.endpoint)) inside[node] += one.weight;
  }
  for (const auto& [node, weight] : inside)
    if (weight >= share) located.nodes.push_back(node);
  std::sort(located.endpoints.begin(), located.endpoints.end());
  std::sort(located.nodes.begin(), located.nodes.end());
  for (const NodeIndex node : located.nodes) {
    std::map<std::uint32_t, double> in_group;
    for (const EndpointWeight& one : weights)
      if (const auto group = footprints.group_of(node, one.endpoint)) in_group[*group] += one.weight;
    for (const auto& [group, weight] : in_group)
      if (weight >= share) located.groups.emplace_back(node, group);
  }
  return located;
}

}  // namespace faultline::correlate
