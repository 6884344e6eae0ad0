#include "rules/correlate/siblings.h"

#include <algorithm>

namespace faultline::correlate {
namespace {

void add_open(std::span<const EndpointIndex> endpoints, std::size_t count, const IsOpenQuestion& is_open,
              std::vector<EndpointIndex>& into) {
  std::vector<EndpointIndex> open;
  for (const EndpointIndex endpoint : endpoints)
    if (is_open(endpoint)) open.push_back(endpoint);
  for (const EndpointIndex endpoint : spread_sample(open, count)) into.push_back(endpoint);
}

}  // namespace

std::vector<EndpointIndex> spread_sample(std::span<const EndpointIndex> endpoints, std::size_t count) {
  if (endpoints.size() <= count) return {endpoints.begin(), endpoints.end()};
  std::vector<EndpointIndex> sample;
  for (std::size_t i = 0; i < count; ++i) sample.push_back(endpoints[i * endpoints.size() / count]);
  return sample;
}

std::vector<EndpointIndex> network_sample(const Footprints& footprints, const ProbeRules& rules,
                                          const IsOpenQuestion& is_open) {
  std::vector<EndpointIndex> sample;
  const auto nodes = footprints.topology().nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].kind != NodeKind::aggregation || nodes[i].retired) continue;
    // What is known already counts: four results per aggregation are enough.
    const auto few = spread_sample(footprints.endpoints(NodeIndex{i}), rules.per_aggregation);
    add_open(few, rules.per_aggregation, is_open, sample);
  }
  return sample;
}

std::vector<EndpointIndex> siblings_of(const Footprints& footprints, const ProbeRules& rules,
                                       EndpointIndex endpoint, const IsOpenQuestion& is_open,
                                       const BadBelow& bad_below) {
  const Topology& topology = footprints.topology();
  std::vector<EndpointIndex> siblings;
  for (const NodeIndex node : topology.ancestors(endpoint)) {
    const NodeKind kind = topology.node(node).kind;
    if (kind != NodeKind::aggregation && kind != NodeKind::power && kind != NodeKind::shared_risk) continue;
    std::vector<EndpointIndex> unknown;
    std::uint32_t known = 0;
    for (const ChildGroup& group : footprints.groups(node)) {
      if (std::all_of(group.endpoints.begin(), group.endpoints.end(), is_open))
        unknown.push_back(group.endpoints.front());
      else
        ++known;
    }
    const std::size_t wanted = bad_below(node) >= 2         ? unknown.size()
                               : known < rules.first_groups ? rules.first_groups - known
                                                            : 0;
    for (const EndpointIndex one : spread_sample(unknown, wanted)) siblings.push_back(one);
  }
  for (const NodeIndex node : topology.ancestors(endpoint)) {
    if (level_of(topology.node(node).kind) != Level::site) continue;
    add_open(footprints.endpoints(node), bad_below(node) >= 2 ? rules.siblings : rules.first_siblings,
             is_open, siblings);
  }
  return siblings;
}

bool is_parent_measured(const Footprints& footprints, NodeIndex root, double share, std::uint32_t results,
                        const IsOpenQuestion& is_open) {
  for (const ParentEdge& edge : footprints.topology().node(root).parents) {
    std::size_t measured = 0, siblings = 0;
    for (const ChildGroup& group : footprints.groups(edge.parent)) {
      if (group.node == root) continue;
      ++siblings;
      std::size_t known = 0;
      const std::size_t needed = std::min<std::size_t>(results, group.endpoints.size());
      for (const EndpointIndex endpoint : group.endpoints) {
        if (!is_open(endpoint)) ++known;
        if (known >= needed) break;
      }
      if (known >= needed) ++measured;
    }
    if (static_cast<double>(measured) < share * static_cast<double>(siblings)) return false;
  }
  return true;
}

}  // namespace faultline::correlate
