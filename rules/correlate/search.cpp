#include "rules/correlate/search.h"

#include <utility>

namespace faultline::correlate {
namespace {

const Mixture& spread_of(NodeKind kind, const LocaliseRules& rules) {
  return kind == NodeKind::core || kind == NodeKind::upstream ? rules.spread_core : rules.spread;
}

}  // namespace

Scene::Scene(const LocaliseRules& rules_, const Topology& topology_, std::span<const BadEndpoint> bad_,
             std::span<const Candidate> candidates_)
    : rules(rules_), topology(topology_), bad(bad_), candidates(candidates_), above(bad_.size()) {
  for (std::uint32_t i = 0; i < candidates.size(); ++i)
    for (const auto& group : candidates[i].members)
      for (const std::uint32_t position : group) above[position].push_back(i);
}

Search::Search(const Scene& scene, std::vector<char> unexplained, std::vector<char> excluded)
    : scene_(scene),
      unexplained_(std::move(unexplained)),
      excluded_(std::move(excluded)),
      stale_(scene.candidates.size(), 1),
      gains_(scene.candidates.size()) {}

void Search::evaluate(std::size_t index) {
  const Candidate& candidate = scene_.candidates[index];
  stale_[index] = 0;
  gains_[index].reset();
  const auto groups = evidence_of(candidate, scene_.bad, unexplained_);
  if (!passes_guard(candidate, groups, scene_.rules)) return;
  const double prior = prior_nats(scene_.rules.node_faults_per_year[static_cast<std::size_t>(candidate.kind)],
                                  scene_.rules.correlation_window);
  gains_[index] = gain(prior, groups, scene_.rules.spared, spread_of(candidate.kind, scene_.rules));
}

std::optional<Pick> Search::best() {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < gains_.size(); ++i) {
    if (excluded_[i] != 0) continue;
    if (stale_[i] != 0) evaluate(i);
    if (gains_[i] && gains_[i]->nats > (best ? gains_[*best]->nats : 0)) best = i;
  }
  if (!best) return std::nullopt;
  Pick pick{*best, *gains_[*best], {}};
  const Candidate& candidate = scene_.candidates[*best];
  const auto groups = evidence_of(candidate, scene_.bad, unexplained_);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].bad == 0 || !is_hit(groups[g], pick.gain)) continue;
    for (const std::uint32_t position : candidate.members[g])
      if (unexplained_[position] != 0) pick.explained.push_back(position);
  }
  return pick;
}

void Search::take(const Pick& pick) {
  for (const std::uint32_t position : pick.explained) {
    unexplained_[position] = 0;
    for (const std::uint32_t candidate : scene_.above[position]) stale_[candidate] = 1;
  }
}

Rival rival_of(const Scene& scene, const Search& search, const Pick& pick) {
  std::vector<char> same(scene.bad.size());
  std::vector<char> excluded(scene.candidates.size(), 1);  // but those that have a part of it
  const NodeIndex root = scene.candidates[pick.candidate].node;
  for (const std::uint32_t position : pick.explained) {
    same[position] = 1;
    for (const std::uint32_t candidate : scene.above[position])
      excluded[candidate] = search.excluded()[candidate];
  }
  for (std::size_t i = 0; i < excluded.size(); ++i)
    if (excluded[i] == 0 && scene.topology.is_at_or_above(scene.candidates[i].node, root)) excluded[i] = 1;

  Rival rival;
  Search other(scene, std::move(same), std::move(excluded));
  while (const auto next = other.best()) {
    if (next->explained.empty()) break;
    rival.nats += next->gain.nats;
    rival.candidates.push_back(next->candidate);
    other.take(*next);
  }
  return rival;
}

}  // namespace faultline::correlate
