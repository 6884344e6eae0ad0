// A key that nobody can guess, from the kernel.
#pragma once

#include "probes/wire/siphash.h"

namespace faultline::packet {

// Throws std::runtime_error where the kernel gives no random numbers.
wire::SipKey random_key();

}  // namespace faultline::packet
