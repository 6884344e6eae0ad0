// A node that could be the root of some bad endpoints, with what is measured in each of its child groups.
// Inside of the localiser; not for other stages.
#pragma once

#include "rules/correlate/localiser.h"

#include <cstdint>
#include <span>
#include <vector>

namespace faultline::correlate {

// A bad endpoint below a candidate: in which child group, and its position in the list of bad endpoints.
struct Member {
  std::uint32_t group = 0;
  std::uint32_t position = 0;
};

struct Candidate {
  NodeIndex node;
  NodeKind kind = NodeKind::site;
  Timestamp onset;
  std::span<const ChildGroup> groups;
  std::vector<std::uint32_t> healthy;  // per group
  std::vector<Member> members;         // by group, then by position

  std::uint32_t healthy_total() const;
};

// Nodes above some of `bad` (sorted by endpoint), in index order: those which the guards let pass, or, if
// there are some in `members` (sorted), all that are above one of them.
std::vector<Candidate> candidates_of(const Footprints& footprints, const LocaliseRules& rules,
                                     std::span<const BadEndpoint> bad, const HealthyAfter& is_healthy,
                                     std::span<const EndpointIndex> members = {});

// The evidence in its groups, counting only those bad endpoints that still want an explanation.
std::vector<GroupEvidence> evidence_of(const Candidate& candidate, std::span<const BadEndpoint> bad,
                                       std::span<const char> unexplained);

// Its members that want an explanation, in those groups that are hit if it is the root.
std::vector<std::uint32_t> explained_by(const Candidate& candidate, std::span<const GroupEvidence> groups,
                                        const Gain& gain, std::span<const char> unexplained);

// The structural guard of B.4 for such nodes; null where two bad endpoints are enough.
const GuardRules* guard_of(NodeKind kind, const LocaliseRules& rules);
bool passes_guard(const Candidate& candidate, std::span<const GroupEvidence> groups,
                  const LocaliseRules& rules);

}  // namespace faultline::correlate
