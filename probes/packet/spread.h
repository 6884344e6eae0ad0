// Where in an interval each target's rounds start: evenly, and so that neighbours in the inventory (the
// sectors of a site) lie far apart, for then a fault below their site meets one of them soon. Pure.
#pragma once

#include "probes/packet/wheel.h"

#include <cstdint>

namespace faultline::packet {

// A permutation of 0 … count-1 that scatters neighbours: the position of target `index` in the order of
// starts.
std::uint32_t spread_position(std::uint32_t index, std::uint32_t count);

// The offset of target `index` of `count`: exactly position × interval / count.
Nanos spread_offset(std::uint32_t index, std::uint32_t count, Nanos interval);

// The offset of the n-th target that joins a running schedule: the golden section fills gaps evenly.
Nanos late_joiner_offset(std::uint32_t n, Nanos interval);

}  // namespace faultline::packet
