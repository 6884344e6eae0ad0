// A node that could be the root of some bad endpoints, with what is measured in each of its child groups.
// Inside of the localiser; not for other stages.
#pragma once

#include "rules/correlate/localiser.h"

#include <cstdint>
#include <span>
#include <vector>

namespace faultline::correlate {

struct Candidate {
  NodeIndex node;
  NodeKind kind = NodeKind::site;
  Timestamp onset;
  std::span<const ChildGroup> groups;
  std::vector<std::uint32_t> healthy;               // per group
  std::vector<std::vector<std::uint32_t>> members;  // per group: positions in the list of bad endpoints

  std::uint32_t healthy_total() const;
};

// Every node above something bad, or only those which the guards let pass.
enum class Which { possible, all };

// Nodes above some of `bad` (sorted by endpoint), in index order.
std::vector<Candidate> candidates_of(const Footprints& footprints, const LocaliseRules& rules,
                                     std::span<const BadEndpoint> bad, const HealthyAfter& is_healthy,
                                     Which which = Which::possible);

// The evidence in its groups, counting only those bad endpoints that still want an explanation.
std::vector<GroupEvidence> evidence_of(const Candidate& candidate, std::span<const BadEndpoint> bad,
                                       std::span<const char> unexplained);

// The structural guard of B.4 for such nodes; null where two bad endpoints are enough.
const GuardRules* guard_of(NodeKind kind, const LocaliseRules& rules);
bool passes_guard(const Candidate& candidate, std::span<const GroupEvidence> groups,
                  const LocaliseRules& rules);

}  // namespace faultline::correlate
