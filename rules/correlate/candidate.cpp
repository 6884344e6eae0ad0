#include "rules/correlate/candidate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

namespace faultline::correlate {
namespace {

// Where in the list of bad endpoints each endpoint is; by endpoint index, since a root as wide as the core
// asks for all of them.
using Positions = std::vector<std::uint32_t>;
constexpr std::uint32_t kNotBad = UINT32_MAX;

// With its members and nothing healthy yet.
Candidate with_members(const Footprints& footprints, NodeIndex node, const LocaliseRules& rules,
                       std::span<const BadEndpoint> bad, std::span<const std::uint32_t> below,
                       const Positions& positions) {
  std::vector<BadEndpoint> members;
  for (const std::uint32_t position : below) members.push_back(bad[position]);
  Candidate candidate;
  candidate.node = node;
  candidate.kind = footprints.topology().node(node).kind;
  candidate.onset = onset_of(members, rules.onset_quantile);
  candidate.groups = footprints.groups(node);
  candidate.healthy.resize(candidate.groups.size());
  candidate.members.resize(candidate.groups.size());
  for (std::size_t g = 0; g < candidate.groups.size(); ++g) {
    for (const EndpointIndex endpoint : candidate.groups[g].endpoints) {
      const std::uint32_t position = positions[endpoint.value];
      if (position != kNotBad &&
          std::chrono::abs(bad[position].onset - candidate.onset) <= rules.onset_spread)
        candidate.members[g].push_back(position);
    }
  }
  return candidate;
}

void add_healthy(Candidate& candidate, const Positions& positions, const HealthyAfter& is_healthy) {
  for (std::size_t g = 0; g < candidate.groups.size(); ++g) {
    for (const EndpointIndex endpoint : candidate.groups[g].endpoints)
      if (positions[endpoint.value] == kNotBad && is_healthy(endpoint, candidate.onset))
        ++candidate.healthy[g];
  }
}

bool is_convincing(const GuardRules& guard, const ChildGroup& group, GroupEvidence evidence) {
  const std::uint32_t results = evidence.bad + evidence.healthy;
  const std::size_t enough = std::min<std::size_t>(guard.results, group.endpoints.size());
  return evidence.bad > 0 && results >= enough && evidence.bad >= guard.bad_share * results;
}

// How many of so many groups have to be convincing.
std::size_t needed_groups(const GuardRules& guard, std::size_t all) {
  const auto of_share = static_cast<std::size_t>(std::ceil(guard.group_share * static_cast<double>(all)));
  return std::max({std::size_t{2}, std::min<std::size_t>(guard.groups, all), of_share});
}

// Fewer bad endpoints than this are in too few groups for the node's guard, whatever else is measured.
std::size_t fewest_bad(const Footprints& footprints, NodeIndex node, const LocaliseRules& rules) {
  const GuardRules* guard = guard_of(footprints.topology().node(node).kind, rules);
  return guard == nullptr ? 2 : needed_groups(*guard, footprints.groups(node).size());
}

// Can it pass its guard? Most nodes above something bad are far too large for it, the core above all, and to
// find out what is healthy below them is what localising costs. A group is given up as soon as too much of it
// is healthy. When some of the bad endpoints are explained later the guard lets still less pass.
bool may_pass(const Candidate& candidate, const LocaliseRules& rules, const Positions& positions,
              const HealthyAfter& is_healthy) {
  const GuardRules* guard = guard_of(candidate.kind, rules);
  if (guard == nullptr) {
    std::size_t bad = 0;
    for (const auto& members : candidate.members) bad += members.size();
    return bad >= 2;
  }
  std::size_t convincing = 0;
  for (std::size_t g = 0; g < candidate.groups.size(); ++g) {
    if (candidate.members[g].empty()) continue;
    GroupEvidence evidence;
    evidence.bad = static_cast<std::uint32_t>(candidate.members[g].size());
    const double most = evidence.bad / guard->bad_share - evidence.bad;
    if (rules.healthy_evidence)
      for (const EndpointIndex endpoint : candidate.groups[g].endpoints) {
        if (evidence.healthy > most) break;
        if (positions[endpoint.value] == kNotBad && is_healthy(endpoint, candidate.onset)) ++evidence.healthy;
      }
    if (is_convincing(*guard, candidate.groups[g], evidence)) ++convincing;
  }
  return convincing >= needed_groups(*guard, candidate.groups.size());
}

}  // namespace

const GuardRules* guard_of(NodeKind kind, const LocaliseRules& rules) {
  switch (kind) {
    case NodeKind::core:
    case NodeKind::upstream:
      return &rules.core;
    case NodeKind::aggregation:
      return &rules.aggregation;
    case NodeKind::power:
    case NodeKind::shared_risk:
      return &rules.shared_risk;
    default:
      return nullptr;
  }
}

std::uint32_t Candidate::healthy_total() const {
  return std::accumulate(healthy.begin(), healthy.end(), 0U);
}

std::vector<Candidate> candidates_of(const Footprints& footprints, const LocaliseRules& rules,
                                     std::span<const BadEndpoint> bad, const HealthyAfter& is_healthy,
                                     Which which) {
  if (bad.empty()) return {};
  Positions positions(footprints.topology().endpoints().size(), kNotBad);
  std::map<NodeIndex, std::vector<std::uint32_t>> below;
  for (std::uint32_t i = 0; i < bad.size(); ++i) {
    positions[bad[i].endpoint.value] = i;
    for (const NodeIndex node : footprints.topology().ancestors(bad[i].endpoint)) below[node].push_back(i);
  }
  std::vector<Candidate> candidates;
  for (const auto& [node, members] : below) {
    if (footprints.topology().node(node).kind == NodeKind::probe_host) continue;
    if (which == Which::possible && members.size() < fewest_bad(footprints, node, rules)) continue;
    Candidate candidate = with_members(footprints, node, rules, bad, members, positions);
    if (which == Which::possible && !may_pass(candidate, rules, positions, is_healthy)) continue;
    if (rules.healthy_evidence) add_healthy(candidate, positions, is_healthy);
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

std::vector<GroupEvidence> evidence_of(const Candidate& candidate, std::span<const BadEndpoint> bad,
                                       std::span<const char> unexplained) {
  std::vector<GroupEvidence> groups(candidate.groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    groups[g].healthy = candidate.healthy[g];
    for (const std::uint32_t position : candidate.members[g]) {
      if (unexplained[position] == 0) continue;
      ++groups[g].bad;
      groups[g].bad_nats += bad[position].nats;
    }
  }
  return groups;
}

bool passes_guard(const Candidate& candidate, std::span<const GroupEvidence> groups,
                  const LocaliseRules& rules) {
  if (const GuardRules* guard = guard_of(candidate.kind, rules)) {
    std::size_t convincing = 0;
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (is_convincing(*guard, candidate.groups[g], groups[g])) ++convincing;
    return convincing >= needed_groups(*guard, groups.size());
  }
  std::uint32_t bad = 0;
  for (const GroupEvidence& group : groups) bad += group.bad;
  return bad >= 2;
}

}  // namespace faultline::correlate
