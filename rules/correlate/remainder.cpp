#include "rules/correlate/remainder.h"

#include "rules/correlate/search.h"

#include <algorithm>
#include <optional>

namespace faultline::correlate {
namespace {

// `part` is a node at or below the node, or an endpoint below it.
bool lies_at_or_below(const Topology& topology, NodeIndex node, const Root& part) {
  if (const auto* lower = std::get_if<NodeIndex>(&part)) return topology.is_at_or_above(node, *lower);
  const auto* endpoint = std::get_if<EndpointIndex>(&part);
  if (endpoint == nullptr) return false;
  const auto above = topology.ancestors(*endpoint);
  return std::find(above.begin(), above.end(), node) != above.end();
}

bool are_below(const Topology& topology, const Root& root, std::span<const Hypothesis> parts) {
  if (const auto* node = std::get_if<NodeIndex>(&root))
    return std::all_of(parts.begin(), parts.end(), [&](const Hypothesis& part) {
      return part.root != root && lies_at_or_below(topology, *node, part.root);
    });
  const auto* area = std::get_if<Area>(&root);
  if (area == nullptr) return false;
  return std::any_of(area->nodes.begin(), area->nodes.end(), [&](NodeIndex node) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](const Hypothesis& part) { return lies_at_or_below(topology, node, part.root); });
  });
}

// What the root is worth as the only explanation; nothing if its guard forbids it or each by itself is
// better.
std::optional<double> worth_of(const Footprints& footprints, const LocaliseRules& rules, const Root& root,
                               std::span<const BadEndpoint> bad, const HealthyAfter& is_healthy) {
  const auto* node = std::get_if<NodeIndex>(&root);
  if (node == nullptr) return std::nullopt;
  const auto candidates = candidates_of(footprints, rules, bad, is_healthy);
  std::vector<char> excluded;
  excluded.reserve(candidates.size());
  for (const Candidate& candidate : candidates) excluded.push_back(candidate.node == *node ? 0 : 1);
  const Scene scene{rules, footprints.topology(), bad, candidates};
  const auto pick = Search(scene, std::vector<char>(bad.size(), 1), std::move(excluded)).best();
  return pick ? std::optional(pick->gain.nats) : std::nullopt;
}

}  // namespace

Remainder remainder_of(const Footprints& footprints, const LocaliseRules& rules, const Root& root,
                       std::span<const BadEndpoint> given, const HealthyAfter& is_healthy) {
  Remainder left;
  std::vector<BadEndpoint> bad(given.begin(), given.end());
  std::sort(bad.begin(), bad.end(), [](const auto& a, const auto& b) { return a.endpoint < b.endpoint; });
  std::vector<Hypothesis> parts = explain(footprints, rules, bad, is_healthy);
  if (parts.empty() || !are_below(footprints.topology(), root, parts)) return left;
  const auto worth = worth_of(footprints, rules, root, bad, is_healthy);
  left.root_fails = !worth;
  left.lead_nats = -worth.value_or(0);
  for (const Hypothesis& part : parts)
    if (part.level != Level::endpoint) left.lead_nats += part.gain_nats;
  left.parts = std::move(parts);
  return left;
}

}  // namespace faultline::correlate
