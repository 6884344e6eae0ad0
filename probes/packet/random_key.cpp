#include "probes/packet/random_key.h"

#include <sys/random.h>

#include <stdexcept>

namespace faultline::packet {

wire::SipKey random_key() {
  wire::SipKey key;
  if (getrandom(&key, sizeof key, 0) != sizeof key)
    throw std::runtime_error("no random numbers from the kernel");
  return key;
}

}  // namespace faultline::packet
