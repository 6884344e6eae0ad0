// The smallest explanation of the endpoints that are bad now, over the node graph (algorithms B): which nodes
// broke, and which endpoints broke by themselves. Freshly measured healthy endpoints speak against a node.
// Pure; called by the pipeline when something changed, not per round. Not here: identity over time, holds and
// tickets (rules/decide).
#pragma once

#include "rules/correlate/footprint.h"
#include "rules/correlate/gain.h"
#include "rules/model/hypothesis.h"

#include <functional>
#include <span>
#include <vector>

namespace faultline::correlate {

struct BadEndpoint {
  EndpointIndex endpoint;
  double nats = 0;  // log-likelihood ratio bad : good
  Timestamp onset;
  bool flapping = false;
};

// True if the endpoint was measured good in every respect after that time.
using HealthyAfter = std::function<bool(EndpointIndex, Timestamp)>;

// The `quantile` (0 … 1) of the onsets; `bad` must not be empty.
Timestamp onset_of(std::span<const BadEndpoint> bad, double quantile);

// Explains every endpoint of `bad` (each at most once in it, any order) exactly once: hypotheses at nodes
// first, by falling gain, then single endpoints by index. Deterministic.
std::vector<Hypothesis> explain(const Footprints& footprints, const LocaliseRules& rules,
                                std::span<const BadEndpoint> bad, const HealthyAfter& is_healthy);

}  // namespace faultline::correlate
