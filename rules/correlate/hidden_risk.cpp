#include "rules/correlate/hidden_risk.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace faultline::correlate {
namespace {

// The node's place, or that of its first endpoint with one.
std::optional<Place> place_of(const Topology& topology, const Hypothesis& hypothesis) {
  const auto* node = std::get_if<NodeIndex>(&hypothesis.root);
  if (node == nullptr) return std::nullopt;
  if (topology.node(*node).place) return topology.node(*node).place;
  for (const EndpointIndex endpoint : hypothesis.affected)
    if (topology.endpoint(endpoint).place) return topology.endpoint(endpoint).place;
  return std::nullopt;
}

bool may_be_part(const Hypothesis& hypothesis, const LocaliseRules& rules) {
  const auto bad = static_cast<double>(hypothesis.bad.size());
  return hypothesis.level == Level::site && !hypothesis.flapping &&
         bad >= rules.hidden_bad_share * (bad + hypothesis.healthy);
}

bool belong_together(const Topology& topology, const LocaliseRules& rules, const Hypothesis& a,
                     const Hypothesis& b) {
  if (std::chrono::abs(a.onset - b.onset) > rules.hidden_spread) return false;
  const auto place_a = place_of(topology, a);
  const auto place_b = place_of(topology, b);
  return place_a && place_b && distance_m(*place_a, *place_b) <= rules.hidden_distance_m;
}

void sorted_union(std::vector<EndpointIndex>& into, const std::vector<EndpointIndex>& other) {
  into.insert(into.end(), other.begin(), other.end());
  std::sort(into.begin(), into.end());
  into.erase(std::unique(into.begin(), into.end()), into.end());
}

Hypothesis join(const Topology& topology, std::span<const Hypothesis> parts) {
  Hypothesis joined;
  Area area;
  std::string names;
  joined.level = Level::wide;
  joined.onset = parts.front().onset;
  for (const Hypothesis& part : parts) {
    const NodeIndex node = std::get<NodeIndex>(part.root);
    area.nodes.push_back(node);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", topology.node(node).name);
    joined.onset = std::min(joined.onset, part.onset);
    joined.median_onset = std::max(joined.median_onset, part.median_onset);
    joined.gain_nats += part.gain_nats;
    joined.healthy += part.healthy;
    sorted_union(joined.bad, part.bad);
    sorted_union(joined.affected, part.affected);
    joined.evidence.insert(joined.evidence.end(), part.evidence.begin(), part.evidence.end());
  }
  std::sort(area.nodes.begin(), area.nodes.end());
  joined.groups = joined.groups_hit = static_cast<std::uint32_t>(parts.size());
  joined.margin_nats = joined.gain_nats;
  joined.root = std::move(area);
  joined.evidence.insert(
      joined.evidence.begin(),
      {fmt::format("{} neighbouring sites failed together ({}); the inventory has no common "
                   "node for them, an unknown common cause such as power is likely",
                   parts.size(), names),
       0});
  joined.alternatives.push_back({fmt::format("{} faults at the same time by chance", parts.size()), 0});
  return joined;
}

}  // namespace

std::vector<Hypothesis> join_hidden_risks(const Topology& topology, const LocaliseRules& rules,
                                          std::vector<Hypothesis> hypotheses) {
  std::vector<Hypothesis> result;
  std::vector<char> used(hypotheses.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    if (used[i] != 0) continue;
    std::vector<Hypothesis> chain{std::move(hypotheses[i])};
    used[i] = 1;
    for (std::size_t link = 0; link < chain.size() && may_be_part(chain[link], rules); ++link) {
      for (std::size_t j = i + 1; j < hypotheses.size(); ++j) {
        if (used[j] != 0 || !may_be_part(hypotheses[j], rules) ||
            !belong_together(topology, rules, chain[link], hypotheses[j]))
          continue;
        used[j] = 1;
        chain.push_back(std::move(hypotheses[j]));
      }
    }
    result.push_back(chain.size() == 1 ? std::move(chain.front()) : join(topology, chain));
  }
  return result;
}

}  // namespace faultline::correlate
