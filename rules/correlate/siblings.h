// Where to look when an endpoint has become bad: breadth before depth (algorithms E), because only a few
// results from everywhere tell a core or ring fault from a site fault before the first ticket opens.
#pragma once

#include "rules/correlate/footprint.h"
#include "rules/model/correlate_rules.h"

#include <functional>
#include <span>
#include <vector>

namespace faultline::correlate {

// True if nothing is known of the endpoint yet: neither bad nor measured since the trouble began.
using IsOpenQuestion = std::function<bool(EndpointIndex)>;

// A few endpoints of every aggregation of the network.
std::vector<EndpointIndex> network_sample(const Footprints& footprints, const ProbeRules& rules,
                                          const IsOpenQuestion& is_open);

// How many endpoints below a node have become bad lately.
using BadBelow = std::function<std::uint32_t(NodeIndex)>;

// One of each sibling group below the aggregations, power feeds and risk groups above, then the endpoint's
// own site; only a few of both where nothing else is bad.
std::vector<EndpointIndex> siblings_of(const Footprints& footprints, const ProbeRules& rules,
                                       EndpointIndex endpoint, const IsOpenQuestion& is_open,
                                       const BadBelow& bad_below);

// At most `count` of a list, spread evenly over it.
std::vector<EndpointIndex> spread_sample(std::span<const EndpointIndex> endpoints, std::size_t count);

// Is so much of the root's surroundings measured that its parent can be ruled out: do `share` of the groups
// beside it, under each aggregation or core above, hold `results` fresh results (or all they have)?
bool is_parent_measured(const Footprints& footprints, NodeIndex root, double share, std::uint32_t results,
                        const IsOpenQuestion& is_open);

}  // namespace faultline::correlate
