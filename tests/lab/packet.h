// Reads the IP packets that a prober sends and turns them into a host's answers, in place. The lab's own
// code, so that it is an independent witness of probes/wire: nothing is shared with it. Pure.
// ICMP: RFC 792, ICMPv6: RFC 4443, TCP: RFC 9293. STAMP payloads are in stamp.h.
#pragma once

#include "tests/lab/bytes.h"

#include <cstdint>

namespace faultline::lab {

enum class Ask : std::uint8_t {
  ignored,    // nothing that a host answers (an answer, a neighbour message, a fragment, …)
  malformed,  // a wrong length or checksum: a host drops it silently
  echo,
  stamp,
  udp_closed,
  tcp_syn,
  tcp_done,  // FIN or data on a connection: answered with RST, which ends it
};

struct Parsed {
  Ask ask = Ask::ignored;
  bool v6 = false;
  std::uint8_t ttl = 0;
  std::uint16_t l4 = 0;      // offset of the ICMP, UDP or TCP header
  std::uint16_t length = 0;  // of the whole packet, ≤ the bytes given
  std::uint32_t tag =
      0;  // echo: identifier << 16 | sequence; UDP and TCP: source port << 16 | destination port

  std::size_t source_at() const { return v6 ? 8 : 12; }
  std::size_t destination_at() const { return v6 ? 24 : 16; }
  std::size_t address_size() const { return v6 ? 16 : 4; }
};

// Checks lengths and checksums; reads no byte beyond the packet.
Parsed parse(ConstBytes packet, std::uint16_t stamp_port = 862);

// Each makes the answer in place, with right checksums, and returns its length.
std::size_t make_echo_reply(Bytes packet, const Parsed& parsed);
// SYN: SYN/ACK if the port is open, else RST/ACK; FIN and data: RST. `buffer` may be longer than the packet.
std::size_t make_tcp_reply(Bytes buffer, const Parsed& parsed, bool open, std::uint32_t own_sequence);
// The UDP payload was replaced and has this size now: swaps the ends and makes lengths and checksum right.
std::size_t make_udp_reply(Bytes buffer, const Parsed& parsed, std::size_t payload_size);
// An ICMP destination unreachable about the packet into `out` (≥ 600 bytes), sent by `router` (4 or 16
// bytes).
std::size_t make_unreachable(ConstBytes packet, const Parsed& parsed, std::uint8_t code, ConstBytes router,
                             Bytes out);

// The same for a packet whose time to live ended at `router`.
std::size_t make_time_exceeded(ConstBytes packet, const Parsed& parsed, ConstBytes router, Bytes out);

// Spoils an echo or STAMP answer. cut_short: half of the payload is missing, the packet itself is correct.
// forge: every byte that could be a token is another, checksums are right.
std::size_t cut_short(Bytes answer, std::size_t length, const Parsed& parsed);
void forge(Bytes answer, std::size_t length, const Parsed& parsed);

}  // namespace faultline::lab
