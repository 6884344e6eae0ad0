// The likely cause of an incident from what is observed of it: a naive Bayes table with a discount for
// dependence (algorithms D.6). Explainable on purpose: each cause comes with the observations that speak most
// for it.
#pragma once

#include "rules/model/decide_rules.h"
#include "rules/model/incident.h"

#include <span>
#include <string_view>
#include <vector>

namespace faultline::decide {

// All causes, most likely first; of equals the one that comes first in Cause. With up to three reasons each:
// the observations with the largest lead over the best other cause.
std::vector<CauseScore> rank_causes(std::span<const CauseFeature> observed, const CauseRules& rules);

// "at least 90 % of the packets are lost"
std::string_view text_of(CauseFeature feature);

}  // namespace faultline::decide
