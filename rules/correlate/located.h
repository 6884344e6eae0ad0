// Where a complaint lies surely enough to be counted (algorithms C.3): the endpoints, nodes and child groups
// that hold a good share of its weight. Found once when the complaint comes, so that counting complaints
// later is a look at a short list and not at every weight of every complaint.
#pragma once

#include "rules/correlate/footprint.h"
#include "rules/correlate/geocode.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace faultline::correlate {

struct Located {
  EndpointIndex nearest;                 // heaviest weight; invalid: the complaint has no place
  std::vector<EndpointIndex> endpoints;  // all three sorted
  std::vector<NodeIndex> nodes;
  std::vector<std::pair<NodeIndex, std::uint32_t>> groups;  // position in Footprints::groups
};

// `share` of the complaint's weight makes it count, 0 … 1.
Located locate(const Weights& weights, const Footprints& footprints, double share);

}  // namespace faultline::correlate
