#include "rules/correlate/search.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace faultline::correlate {
namespace {

const Mixture& spread_of(NodeKind kind, const LocaliseRules& rules) {
  return kind == NodeKind::core || kind == NodeKind::upstream ? rules.spread_core : rules.spread;
}

double prior_of(const Candidate& candidate, const LocaliseRules& rules) {
  return prior_nats(rules.node_faults_per_year[static_cast<std::size_t>(candidate.kind)],
                    rules.correlation_window);
}

// What a gain can hold of one bad endpoint: whatever the mixture, a fault at its node does not say more for
// it.
double worth_at_most(const BadEndpoint& bad) {
  return std::max(0.0, bad.nats);
}

// Bounds are sums of many numbers, in another order than gains.
constexpr double kRounding = 1e-3;

}  // namespace

Scene::Scene(const LocaliseRules& rules_, const Topology& topology_, std::span<const BadEndpoint> bad_,
             std::span<const Candidate> candidates_)
    : rules(rules_), topology(topology_), bad(bad_), candidates(candidates_), ends_(bad_.size() + 1, 0) {
  for (const Candidate& candidate : candidates)
    for (const Member& member : candidate.members) ++ends_[member.position + 1];
  std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
  above_.resize(ends_.back());
  std::vector<std::uint32_t> next(ends_.begin(), ends_.end() - 1);
  for (std::uint32_t i = 0; i < candidates.size(); ++i)
    for (const Member& member : candidates[i].members) above_[next[member.position]++] = i;
}

Search::Search(const Scene& scene, std::vector<char> unexplained, std::vector<char> excluded)
    : scene_(scene),
      unexplained_(std::move(unexplained)),
      excluded_(std::move(excluded)),
      stale_(scene.candidates.size(), 1),
      most_(scene.candidates.size()),
      gains_(scene.candidates.size()) {
  for (std::size_t i = 0; i < scene.candidates.size(); ++i) {
    if (excluded_[i] != 0) continue;
    most_[i] = prior_of(scene_.candidates[i], scene_.rules) + kRounding;
    for (const Member& member : scene_.candidates[i].members)
      if (unexplained_[member.position] != 0) most_[i] += worth_at_most(scene_.bad[member.position]);
    set_aside(i);
  }
}

void Search::set_aside(std::size_t index) {
  stale_[index] = 1;
  waiting_.emplace(most_[index], index);
}

void Search::evaluate(std::size_t index) {
  const Candidate& candidate = scene_.candidates[index];
  stale_[index] = 0;
  gains_[index].reset();
  const auto groups = evidence_of(candidate, scene_.bad, unexplained_);
  if (!passes_guard(candidate, groups, scene_.rules)) return;
  gains_[index] = gain(prior_of(candidate, scene_.rules), groups, scene_.rules.spared,
                       spread_of(candidate.kind, scene_.rules));
}

std::optional<Pick> Search::best() {
  std::optional<std::size_t> best;
  const auto compare = [&](std::size_t i) {
    if (!gains_[i] || gains_[i]->nats <= 0) return;
    if (!best || gains_[i]->nats > gains_[*best]->nats ||
        (gains_[i]->nats == gains_[*best]->nats && i < *best))
      best = i;
  };
  for (std::size_t i = 0; i < gains_.size(); ++i)
    if (excluded_[i] == 0 && stale_[i] == 0) compare(i);
  while (!waiting_.empty() && waiting_.top().first >= (best ? gains_[*best]->nats : 0)) {
    const auto [most, i] = waiting_.top();
    waiting_.pop();
    if (excluded_[i] != 0 || stale_[i] == 0) continue;
    if (most_[i] < most) {  // some of it was explained since
      set_aside(i);
      continue;
    }
    evaluate(i);
    compare(i);
  }
  if (!best) return std::nullopt;
  Pick pick{*best, *gains_[*best], {}};
  const Candidate& candidate = scene_.candidates[*best];
  const auto groups = evidence_of(candidate, scene_.bad, unexplained_);
  pick.explained = explained_by(candidate, groups, pick.gain, unexplained_);
  return pick;
}

void Search::take(const Pick& pick) {
  std::vector<std::uint32_t> changed;
  for (const std::uint32_t position : pick.explained) {
    unexplained_[position] = 0;
    for (const std::uint32_t candidate : scene_.above(position)) {
      if (excluded_[candidate] != 0) continue;
      most_[candidate] -= worth_at_most(scene_.bad[position]);
      if (stale_[candidate] == 0) changed.push_back(candidate);
      stale_[candidate] = 1;
    }
  }
  for (const std::uint32_t candidate : changed) set_aside(candidate);
}

Rival rival_of(const Scene& scene, std::span<const char> excluded, const Pick& pick) {
  std::vector<char> same(scene.bad.size());
  std::vector<char> left_out(scene.candidates.size(), 1);  // but those that have a part of it
  const NodeIndex root = scene.candidates[pick.candidate].node;
  for (const std::uint32_t position : pick.explained) {
    same[position] = 1;
    for (const std::uint32_t candidate : scene.above(position)) left_out[candidate] = excluded[candidate];
  }
  for (std::size_t i = 0; i < left_out.size(); ++i)
    if (left_out[i] == 0 && scene.topology.is_at_or_above(scene.candidates[i].node, root)) left_out[i] = 1;

  Rival rival;
  Search other(scene, std::move(same), std::move(left_out));
  while (const auto next = other.best()) {
    if (next->explained.empty()) break;
    rival.nats += next->gain.nats;
    rival.candidates.push_back(next->candidate);
    other.take(*next);
  }
  return rival;
}

}  // namespace faultline::correlate
