// What becomes of one packet: a pure function of the seed, the address, how many packets that address has
// seen before, and the faults in force. The packet path, `predict` and the tests all ask this one function,
// so the truth of every packet can be computed without the network.
#pragma once

#include "rules/model/topology.h"
#include "tests/lab/address.h"

#include <compare>
#include <cstdint>
#include <string_view>

namespace faultline::lab {

// A share 0 … 1 as a 32 bit threshold: true for a draw below it. 1 becomes UINT32_MAX, which is "always".
using Share = std::uint32_t;
Share share_of(double ratio);

// A healthy host: delay = base + jitter, where the jitter is 4 × scale × u³ (mean = scale, never above 4 ×).
struct HostProfile {
  std::uint32_t base_ns = 0;
  std::uint32_t jitter_ns = 0;
  Share loss = 0;
};
// Typical of the technology, spread by ±20 % from host to host.
HostProfile host_profile(std::uint64_t seed, const Address& address, Technology technology);

// Answers that a correct host would not give.
struct Oddities {
  Share duplicate = 0;  // the answer comes again 1 ms later
  Share reorder = 0;    // the answer is held back by reorder_ns, so that later ones overtake it
  std::uint32_t reorder_ns = 250'000'000;
  Share forge = 0;                // a second answer with a wrong token comes first
  Share truncate = 0;             // the answer is cut short within its payload
  std::int16_t unreachable = -1;  // instead of the answer an ICMP destination unreachable with this code
  auto operator<=>(const Oddities&) const = default;
};

// What the faults in force add to a host. The sum of several is one condition.
struct Condition {
  bool silent = false;  // cut, or without power: nothing comes back
  std::uint32_t delay_ns = 0;
  std::uint32_t jitter_ns = 0;  // added to the scale of the jitter
  Share loss = 0;
  Oddities odd;
  auto operator<=>(const Condition&) const = default;
};

enum class Verdict : std::uint8_t { answered, lost_forward, lost_backward, silent, unreachable };
std::string_view name(Verdict verdict);

struct Fate {
  Verdict verdict = Verdict::answered;
  std::uint64_t delay_ns = 0;    // from the arrival in the network until the answer leaves it
  std::uint64_t forward_ns = 0;  // the part of it before the host: 40 … 60 %
  bool duplicate = false;
  bool reordered = false;
  bool forged = false;
  bool truncated = false;
  auto operator<=>(const Fate&) const = default;
};

// The address's part of the dice, to be kept per host.
std::uint64_t host_key(std::uint64_t seed, const Address& address);

// `count`: packets that the address has seen before this one, of whatever protocol.
Fate fate_of(std::uint64_t key, std::uint32_t count, const HostProfile& host, const Condition& condition);

}  // namespace faultline::lab
