// Invented cities for demonstrations and tests of any size: the same seed and size give the same files on
// every machine.
#pragma once

#include "tests/lab/inventory.h"

#include <cstdint>

namespace faultline::lab {

inline constexpr std::uint32_t kMaxEndpoints = 1'000'000;

// The city of the demonstration: a core, 5 aggregation rings, 40 cell sites with 3 sectors each, 12 OLTs with
// 60 streets of 3 lines, 2 CMTSs with 6 lines each, and 6 power zones that cut across the rings: 312
// endpoints. Six sectors also have a modem ("modems/cell-0101-1", relative to the inventory's directory), and
// every OLT an SNMP agent with the light of its lines.
InventoryRows generate_demo(std::uint64_t seed);

// Exactly `endpoints` of them (1 … kMaxEndpoints) in as many such cities as it takes; names are unique over
// all. Asked for 312 it is the demonstration's city.
InventoryRows generate(std::uint64_t seed, std::uint32_t endpoints);

}  // namespace faultline::lab
