#include "rules/correlate/candidate.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <numeric>
#include <vector>

namespace faultline::correlate {
namespace {

// Where in the list of bad endpoints each endpoint is; by endpoint index, since a root as wide as the core
// asks for all of them.
using Positions = std::vector<std::uint32_t>;
constexpr std::uint32_t kNotBad = UINT32_MAX;

Candidate measure(const Footprints& footprints, NodeIndex node, const LocaliseRules& rules,
                  std::span<const BadEndpoint> bad, std::span<const std::uint32_t> below,
                  const Positions& positions, const HealthyAfter& is_healthy) {
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
      if (position == kNotBad) {
        if (rules.healthy_evidence && is_healthy(endpoint, candidate.onset)) ++candidate.healthy[g];
      } else if (std::chrono::abs(bad[position].onset - candidate.onset) <= rules.onset_spread) {
        candidate.members[g].push_back(position);
      }
    }
  }
  return candidate;
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

std::uint32_t Candidate::healthy_total() const {
  return std::accumulate(healthy.begin(), healthy.end(), 0U);
}

std::vector<Candidate> candidates_of(const Footprints& footprints, const LocaliseRules& rules,
                                     std::span<const BadEndpoint> bad, const HealthyAfter& is_healthy,
                                     std::size_t least) {
  if (bad.empty()) return {};
  Positions positions(footprints.topology().endpoints().size(), kNotBad);
  std::map<NodeIndex, std::vector<std::uint32_t>> below;
  for (std::uint32_t i = 0; i < bad.size(); ++i) {
    positions[bad[i].endpoint.value] = i;
    for (const NodeIndex node : footprints.topology().ancestors(bad[i].endpoint)) below[node].push_back(i);
  }
  std::vector<Candidate> candidates;
  for (const auto& [node, members] : below) {
    if (members.size() < least || footprints.topology().node(node).kind == NodeKind::probe_host) continue;
    candidates.push_back(measure(footprints, node, rules, bad, members, positions, is_healthy));
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
  switch (candidate.kind) {
    case NodeKind::core:
    case NodeKind::upstream:
      return passes(rules.core, candidate, groups);
    case NodeKind::aggregation:
      return passes(rules.aggregation, candidate, groups);
    case NodeKind::power:
    case NodeKind::shared_risk:
      return passes(rules.shared_risk, candidate, groups);
    default: {
      std::uint32_t bad = 0;
      for (const GroupEvidence& group : groups) bad += group.bad;
      return bad >= 2;
    }
  }
}

}  // namespace faultline::correlate
