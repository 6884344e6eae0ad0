// The seam between the engine and a kind of packet: how a probe is written, and what a reply says. A new kind
// of packet (TCP SYN, …) is another implementation. One codec serves one channel (a socket of a shard).
#pragma once

#include "probes/packet/packet_io.h"
#include "probes/wire/icmp.h"
#include "probes/wire/siphash.h"
#include "rules/model/round.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace faultline::packet {

enum class Verdict : std::uint8_t { ours, stray, malformed, bad_authentication };

// What a STAMP reply says beyond "here I am".
struct ReflectorReport {
  std::uint32_t reflector_sequence = 0;
  bool has_times = false;           // false: the reflector fills no time stamps in
  std::int64_t residence_ns = 0;    // T3 - T2
  bool both_synchronised = false;   // both clocks follow UTC: the next two mean something
  std::int64_t received_wall = 0;   // T2, ns since 1970
  std::int64_t reflected_wall = 0;  // T3
};

struct Reply {
  Verdict verdict = Verdict::stray;
  std::optional<std::uint32_t> slot{};  // if the packet carries it; else it is found by address
  std::uint32_t sequence = 0;
  std::optional<ReflectorReport> report{};
};

// A quoted probe in an ICMP error. The quote may be cut before our token, so `sequence` may be cut too.
struct Quote {
  Verdict verdict = Verdict::stray;
  OutcomeReason reason = OutcomeReason::none;
  std::uint32_t sequence = 0;
  std::uint32_t sequence_mask = 0;  // which bits of it are known; 0 = none
};

class PacketCodec {
 public:
  virtual ~PacketCodec() = default;
  // Fills header, header_size, padding and port of a packet whose `to` and `settings` are set.
  virtual void write(Outgoing& packet, std::uint32_t slot, std::uint32_t sequence, std::int64_t wall_now) = 0;
  virtual Reply read_reply(const Incoming& packet) = 0;
  virtual Quote read_quote(const Incoming& packet) = 0;
};

// `identifier`: none for ping sockets, where the kernel sets it and looks at it.
std::unique_ptr<PacketCodec> make_icmp_codec(wire::IpVersion version, std::optional<std::uint16_t> identifier,
                                             wire::SipKey key);
// An empty `hmac_key` means unauthenticated STAMP. `clock_synchronised` is read for every packet sent.
std::unique_ptr<PacketCodec> make_stamp_codec(wire::IpVersion version, std::vector<std::byte> hmac_key,
                                              wire::SipKey key, const bool& clock_synchronised);

}  // namespace faultline::packet
