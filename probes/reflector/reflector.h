// The far end of STAMP (RFC 8762, with the extensions of RFC 8972): what is answered to a sender's packet,
// and which are not. Pure; sockets are in server.h. Made to stand on the open internet: an answer is never
// longer than its request, packets from well-known ports and from reflectors are dropped (two of them would
// answer each other for ever), and the rate is limited in total and by network.
#pragma once

#include "probes/packet/address.h"
#include "probes/packet/hmac.h"
#include "probes/wire/siphash.h"
#include "probes/wire/stamp.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace faultline::reflector {

struct ReflectorSettings {
  bool is_stateful = false;       // a sequence of its own for each sender, which tells loss by direction
  std::vector<std::byte> key;     // HMAC-SHA-256; not empty: every packet must be signed by it
  std::uint16_t port = 862;       // its own
  double most_a_second = 20'000;  // answers in total,
  double most_a_second_by_network = 1000;  // and to one IPv4 address or IPv6 /64
};

// What becomes of a packet.
enum class Verdict : std::uint8_t { answered, too_short, unsigned_or_wrong, forbidden_source, over_rate };
inline constexpr std::size_t kVerdictCount = 5;

struct ReceivedPacket {
  std::span<const std::byte> bytes;  // the UDP payload
  packet::IpAddress from;
  std::uint16_t from_port = 0;
  std::uint8_t ttl = 0;          // or hop limit, as received
  std::int64_t received_ns = 0;  // since 1970, T2
  bool clock_is_synchronised = false;
};

class Reflector {
 public:
  // `key`: random, so that nobody can aim at the tables.
  Reflector(ReflectorSettings settings, wire::SipKey key);
  ~Reflector();

  // Writes the answer into `answer`, which has room for the request, and gives its size by `size`. It carries
  // the time that `now_ns` says (since 1970, T3), which also drives the limits.
  Verdict reflect(const ReceivedPacket& packet, std::int64_t now_ns, std::span<std::byte> answer,
                  std::size_t& size);

 private:
  struct Bucket {
    std::int64_t at_ns = 0;
    float tokens = 0;
    bool is_used = false;
  };
  struct Session {
    std::uint64_t tag = 0;
    std::int64_t at_ns = 0;
    std::uint32_t next = 0;
  };

  bool is_forbidden(const ReceivedPacket& packet) const;
  static bool take(Bucket& bucket, double rate, std::int64_t now_ns);
  std::uint64_t tag_of(const packet::IpAddress& address, std::uint64_t more) const;
  std::uint32_t sequence_for(const ReceivedPacket& packet, const wire::StampRequest& request,
                             std::int64_t now_ns);

  ReflectorSettings settings_;
  wire::SipKey key_;
  wire::StampMode mode_;
  std::unique_ptr<packet::ShortHmac> hmac_;
  Bucket total_;
  std::vector<Bucket> networks_;   // by tag; two that share one share its rate
  std::vector<Session> sessions_;  // by tag; a newcomer in a place that is taken is answered statelessly
};

// What follows the base packet, answered: the TLVs of RFC 8972 §4 with U set where the type is not known and
// M where the length is not possible. Zeros, as TWAMP Light pads with, stay as they are.
void answer_tlvs(std::span<std::byte> rest);

}  // namespace faultline::reflector
