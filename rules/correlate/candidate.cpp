#include "rules/correlate/candidate.h"

#include <algorithm>
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

void add_healthy(Candidate& candidate, bool of_hit, const Positions& positions,
                 const HealthyAfter& is_healthy) {
  for (std::size_t g = 0; g < candidate.groups.size(); ++g) {
    if (candidate.members[g].empty() == of_hit) continue;
    for (const EndpointIndex endpoint : candidate.groups[g].endpoints)
      if (positions[endpoint.value] == kNotBad && is_healthy(endpoint, candidate.onset))
        ++candidate.healthy[g];
  }
}

bool passes(const GuardRules& guard, const Candidate& candidate, std::span<const GroupEvidence> groups) {
  std::uint32_t convincing = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::uint32_t results = groups[g].bad + groups[g].healthy;
    const std::size_t enough = std::min<std::size_t>(guard.results, candidate.groups[g].endpoints.size());
    if (groups[g].bad > 0 && results >= enough && groups[g].bad >= guard.bad_share * results) ++convincing;
  }
  const auto all = static_cast<std::uint32_t>(groups.size());
  const std::uint32_t needed = std::max(2U, std::min(guard.groups, all));
  return convincing >= needed && convincing >= guard.group_share * all;
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
  const std::vector<char> all(bad.size(), 1);
  for (const auto& [node, members] : below) {
    if (footprints.topology().node(node).kind == NodeKind::probe_host) continue;
    if (which == Which::possible && members.size() < 2) continue;
    Candidate candidate = with_members(footprints, node, rules, bad, members, positions);
    if (rules.healthy_evidence) add_healthy(candidate, true, positions, is_healthy);
    // Most nodes above something bad are far too large for it, the core above all, and to find out what is
    // healthy below them is what localising costs. A guard asks only for groups that are hit, and when some
    // of their bad endpoints are explained later it lets still less pass.
    if (which == Which::possible && !passes_guard(candidate, evidence_of(candidate, bad, all), rules))
      continue;
    if (rules.healthy_evidence) add_healthy(candidate, false, positions, is_healthy);
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
  if (const GuardRules* guard = guard_of(candidate.kind, rules)) return passes(*guard, candidate, groups);
  std::uint32_t bad = 0;
  for (const GroupEvidence& group : groups) bad += group.bad;
  return bad >= 2;
}

}  // namespace faultline::correlate
