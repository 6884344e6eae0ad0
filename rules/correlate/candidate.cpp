#include "rules/correlate/candidate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
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
                       std::span<const BadEndpoint> bad, std::span<const std::uint32_t> below) {
  std::vector<BadEndpoint> members;
  for (const std::uint32_t position : below) members.push_back(bad[position]);
  Candidate candidate;
  candidate.node = node;
  candidate.kind = footprints.topology().node(node).kind;
  candidate.onset = onset_of(members, rules.onset_quantile);
  candidate.groups = footprints.groups(node);
  candidate.healthy.resize(candidate.groups.size());
  for (const std::uint32_t position : below) {
    if (std::chrono::abs(bad[position].onset - candidate.onset) > rules.onset_spread) continue;
    const auto group = footprints.group_of(node, bad[position].endpoint);
    if (group) candidate.members.push_back({*group, position});
  }
  std::stable_sort(candidate.members.begin(), candidate.members.end(),
                   [](const Member& a, const Member& b) { return a.group < b.group; });
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
  if (guard == nullptr) return candidate.members.size() >= 2;
  std::size_t convincing = 0;
  for (auto member = candidate.members.begin(); member != candidate.members.end();) {
    const std::uint32_t g = member->group;
    GroupEvidence evidence;
    for (; member != candidate.members.end() && member->group == g; ++member) ++evidence.bad;
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
                                     std::span<const EndpointIndex> members) {
  if (bad.empty()) return {};
  Positions positions(footprints.topology().endpoints().size(), kNotBad);
  // Who is below which node, one node after the other.
  std::vector<std::uint32_t> ends(footprints.topology().nodes().size() + 1, 0);
  for (std::uint32_t i = 0; i < bad.size(); ++i) {
    positions[bad[i].endpoint.value] = i;
    for (const NodeIndex node : footprints.topology().ancestors(bad[i].endpoint)) ++ends[node.value + 1];
  }
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<std::uint32_t> below(ends.back());
  std::vector<std::uint32_t> next(ends.begin(), ends.end() - 1);
  for (std::uint32_t i = 0; i < bad.size(); ++i)
    for (const NodeIndex node : footprints.topology().ancestors(bad[i].endpoint))
      below[next[node.value]++] = i;
  std::vector<char> concerned(members.empty() ? 0 : ends.size());
  for (const EndpointIndex member : members)
    for (const NodeIndex node : footprints.topology().ancestors(member)) concerned[node.value] = 1;
  std::vector<Candidate> candidates;
  for (std::uint32_t n = 0; n + 1 < ends.size(); ++n) {
    const NodeIndex node{n};
    const std::span<const std::uint32_t> of_node(below.begin() + ends[n], below.begin() + ends[n + 1]);
    if (of_node.empty() || (!members.empty() && concerned[n] == 0)) continue;
    if (footprints.topology().node(node).kind == NodeKind::probe_host) continue;
    if (members.empty() && of_node.size() < fewest_bad(footprints, node, rules)) continue;
    Candidate candidate = with_members(footprints, node, rules, bad, of_node);
    if (members.empty() && !may_pass(candidate, rules, positions, is_healthy)) continue;
    if (rules.healthy_evidence) add_healthy(candidate, positions, is_healthy);
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

std::vector<GroupEvidence> evidence_of(const Candidate& candidate, std::span<const BadEndpoint> bad,
                                       std::span<const char> unexplained) {
  std::vector<GroupEvidence> groups(candidate.groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) groups[g].healthy = candidate.healthy[g];
  for (const Member& member : candidate.members) {
    if (unexplained[member.position] == 0) continue;
    ++groups[member.group].bad;
    groups[member.group].bad_nats += bad[member.position].nats;
  }
  return groups;
}

std::vector<std::uint32_t> explained_by(const Candidate& candidate, std::span<const GroupEvidence> groups,
                                        const Gain& gain, std::span<const char> unexplained) {
  std::vector<char> hit(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g)
    hit[g] = groups[g].bad > 0 && is_hit(groups[g], gain) ? 1 : 0;
  std::vector<std::uint32_t> explained;
  for (const Member& member : candidate.members)
    if (hit[member.group] != 0 && unexplained[member.position] != 0) explained.push_back(member.position);
  return explained;
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
