// Sites that fail together, near to each other, with no common node in the inventory: one unknown common
// cause (a power feed or a duct that nobody entered) rather than a coincidence (algorithms B.6).
#pragma once

#include "rules/model/correlate_rules.h"
#include "rules/model/hypothesis.h"
#include "rules/model/topology.h"

#include <vector>

namespace faultline::correlate {

// Joins such site-level hypotheses into one at an Area; all others stay as they are, in their order.
std::vector<Hypothesis> join_hidden_risks(const Topology& topology, const LocaliseRules& rules,
                                          std::vector<Hypothesis> hypotheses);

}  // namespace faultline::correlate
