// What the localiser found, in words with numbers, as tickets show it. Inside of the localiser.
#pragma once

#include "rules/correlate/search.h"

namespace faultline::correlate {

void describe_node(Hypothesis& hypothesis, const Scene& scene, const Pick& pick, const Rival& rival);
void describe_endpoint(Hypothesis& hypothesis, const Scene& scene, const BadEndpoint& bad);
// A node that explains some of the same endpoints, but not clearly better than this.
void describe_contest(Hypothesis& hypothesis, const Scene& scene, const Pick& pick, const Rival& rival);

}  // namespace faultline::correlate
