// Real packets without rights on the machine: puts the test program into a user and network namespace of its
// own (where it may do everything, with a loopback of its own). Must run before any thread is started.
#pragma once

#include <string>

namespace faultline::packet {

// Empty, or why it cannot be done. Done at most once a process.
std::string enter_own_network();

}  // namespace faultline::packet
