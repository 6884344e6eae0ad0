// A host that the network cannot reach, with real packets: a neighbour that never answers, so that the
// kernel's error comes after the first packet, as it does from a router.
#pragma once

#include <string>

namespace faultline::session {

inline constexpr const char* kDeadNeighbour = "192.0.2.9";

// In a network of the test's own (probes_packet/namespace_setup.h). Empty, or why it cannot be done; done at
// most once a process.
std::string make_dead_neighbour();

}  // namespace faultline::session
