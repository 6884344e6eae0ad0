#include "tests/lab/packet.h"

#include <algorithm>
#include <cstring>

namespace faultline::lab {
namespace {

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpV6 = 58;
constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr std::uint8_t kTtl = 64;
constexpr std::size_t kUnreachableQuote = 548;  // 576 bytes in all (RFC 1812 §4.3.2.3)

std::uint64_t pseudo_header(ConstBytes packet, const Parsed& p, std::uint8_t protocol) {
  const std::size_t l4_length = p.length - std::size_t{p.l4};
  return sum16(packet.subspan(p.source_at(), 2 * p.address_size()), l4_length + protocol);
}

std::size_t checksum_at(std::uint8_t protocol) {
  return protocol == kTcp ? 16 : protocol == kUdp ? 6 : 2;
}

void write_l4_checksum(Bytes packet, const Parsed& p, std::uint8_t protocol) {
  const std::size_t at = p.l4 + checksum_at(protocol);
  put16(packet, at, 0);
  const std::uint64_t start = protocol == kIcmp ? 0 : pseudo_header(packet, p, protocol);
  std::uint16_t sum = checksum(sum16(packet.subspan(p.l4, p.length - std::size_t{p.l4}), start));
  if (protocol == kUdp && sum == 0) sum = 0xFFFF;  // RFC 768: zero means "none"
  put16(packet, at, sum);
}

bool l4_checksum_is_right(ConstBytes packet, const Parsed& p, std::uint8_t protocol) {
  if (protocol == kUdp && !p.v6 && get16(packet, p.l4 + 6U) == 0) return true;
  const std::uint64_t start = protocol == kIcmp ? 0 : pseudo_header(packet, p, protocol);
  return checksum(sum16(packet.subspan(p.l4, p.length - std::size_t{p.l4}), start)) == 0;
}

void swap_ends(Bytes packet, const Parsed& p) {
  const auto source = packet.begin() + static_cast<std::ptrdiff_t>(p.source_at());
  const auto size = static_cast<std::ptrdiff_t>(p.address_size());
  std::swap_ranges(source, source + size, source + size);
}

// The IP header of an answer: own TTL and length, checksum kept right by the difference.
void write_ip(Bytes packet, const Parsed& p, std::size_t length) {
  if (p.v6) {
    put16(packet, 4, static_cast<std::uint32_t>(length - 40));
    packet[7] = kTtl;
    return;
  }
  std::uint16_t sum = get16(packet, 10);
  const std::uint16_t ttl_word = get16(packet, 8);
  packet[8] = kTtl;
  sum = adjusted(sum, ttl_word, get16(packet, 8));
  const std::uint16_t length_word = get16(packet, 2);
  put16(packet, 2, static_cast<std::uint32_t>(length));
  put16(packet, 10, adjusted(sum, length_word, static_cast<std::uint16_t>(length)));
}

void swap_ports(Bytes packet, const Parsed& p) {
  const std::uint16_t source = get16(packet, p.l4);
  put16(packet, p.l4, get16(packet, p.l4 + 2U));
  put16(packet, p.l4 + 2U, source);
}

Ask ask_of_icmp(ConstBytes packet, Parsed& p, std::uint8_t protocol) {
  if (p.length < p.l4 + 8) return Ask::malformed;
  const std::uint8_t request = protocol == kIcmp ? 8 : 128;
  if (packet[p.l4] != request || packet[p.l4 + 1U] != 0) return Ask::ignored;
  p.tag = get32(packet, p.l4 + 4U);
  return l4_checksum_is_right(packet, p, protocol) ? Ask::echo : Ask::malformed;
}

Ask ask_of_udp(ConstBytes packet, Parsed& p, std::uint16_t stamp_port) {
  if (p.length < p.l4 + 8 || get16(packet, p.l4 + 4U) != p.length - p.l4) return Ask::malformed;
  p.tag = get32(packet, p.l4);
  if (!l4_checksum_is_right(packet, p, kUdp)) return Ask::malformed;
  return (p.tag & 0xFFFF) == stamp_port ? Ask::stamp : Ask::udp_closed;
}

Ask ask_of_tcp(ConstBytes packet, Parsed& p) {
  if (p.length < p.l4 + 20) return Ask::malformed;
  const std::size_t header = (packet[p.l4 + 12U] >> 4) * std::size_t{4};
  if (header < 20 || p.l4 + header > p.length || !l4_checksum_is_right(packet, p, kTcp))
    return Ask::malformed;
  p.tag = get32(packet, p.l4);
  const std::uint8_t flags = packet[p.l4 + 13U];
  if ((flags & kRst) != 0) return Ask::ignored;
  if ((flags & kSyn) != 0) return (flags & kAck) != 0 ? Ask::ignored : Ask::tcp_syn;
  return (flags & kFin) != 0 || p.l4 + header < p.length ? Ask::tcp_done : Ask::ignored;
}

// The fields of the IP header; false if it is not a whole packet.
bool parse_ip(ConstBytes packet, Parsed& p, std::uint8_t& protocol) {
  if (packet.empty()) return false;
  p.v6 = (packet[0] >> 4) == 6;
  if (p.v6) {
    if (packet.size() < 40) return false;
    p.l4 = 40;
    p.length = static_cast<std::uint16_t>(std::min<std::size_t>(40 + std::size_t{get16(packet, 4)}, 65535));
    p.ttl = packet[7];
    protocol = packet[6];
  } else {
    if (packet.size() < 20 || (packet[0] >> 4) != 4) return false;
    p.l4 = static_cast<std::uint16_t>((packet[0] & 15) * 4);
    p.length = get16(packet, 2);
    p.ttl = packet[8];
    protocol = packet[9];
    if (p.l4 < 20 || packet.size() < p.l4 || checksum(sum16(packet.first(p.l4))) != 0) return false;
    if ((get16(packet, 6) & 0x3FFF) != 0) protocol = 255;  // a fragment: nobody's
  }
  return p.length <= packet.size() && p.length >= p.l4;
}

}  // namespace

Parsed parse(ConstBytes packet, std::uint16_t stamp_port) {
  Parsed p;
  std::uint8_t protocol = 0;
  if (!parse_ip(packet, p, protocol)) {
    p.ask = Ask::malformed;
    return p;
  }
  const ConstBytes whole = packet.first(p.length);
  if (protocol == (p.v6 ? kIcmpV6 : kIcmp)) p.ask = ask_of_icmp(whole, p, protocol);
  if (protocol == kUdp) p.ask = ask_of_udp(whole, p, stamp_port);
  if (protocol == kTcp) p.ask = ask_of_tcp(whole, p);
  return p;
}

std::size_t make_echo_reply(Bytes packet, const Parsed& p) {
  const std::uint16_t before = get16(packet, p.l4);
  packet[p.l4] = p.v6 ? 129 : 0;
  const std::size_t at = p.l4 + 2U;  // the ends change places, which no sum sees
  put16(packet, at, adjusted(get16(packet, at), before, get16(packet, p.l4)));
  swap_ends(packet, p);
  write_ip(packet, p, p.length);
  return p.length;
}

std::size_t make_tcp_reply(Bytes buffer, const Parsed& parsed, bool open, std::uint32_t own_sequence) {
  Parsed p = parsed;
  const bool syn = p.ask == Ask::tcp_syn;
  const std::uint32_t their_sequence = get32(buffer, p.l4 + 4U);
  const std::uint32_t their_ack = get32(buffer, p.l4 + 8U);
  p.length = static_cast<std::uint16_t>(p.l4 + 20);
  swap_ends(buffer, p);
  swap_ports(buffer, p);
  const bool accepts = syn && open;
  put32(buffer, p.l4 + 4U, accepts ? own_sequence : syn ? 0 : their_ack);
  put32(buffer, p.l4 + 8U, syn ? their_sequence + 1 : 0);
  const std::uint8_t flags = accepts ? kSyn | kAck : syn ? kRst | kAck : kRst;
  put16(buffer, p.l4 + 12U, 0x5000U | flags);
  put32(buffer, p.l4 + 14U, accepts ? 0xFFFF0000U : 0);  // window; checksum comes below
  put16(buffer, p.l4 + 18U, 0);
  write_ip(buffer, p, p.length);
  write_l4_checksum(buffer, p, kTcp);
  return p.length;
}

std::size_t make_udp_reply(Bytes buffer, const Parsed& parsed, std::size_t payload_size) {
  Parsed p = parsed;
  p.length = static_cast<std::uint16_t>(p.l4 + 8 + payload_size);
  swap_ends(buffer, p);
  swap_ports(buffer, p);
  put16(buffer, p.l4 + 4U, static_cast<std::uint32_t>(8 + payload_size));
  write_ip(buffer, p, p.length);
  write_l4_checksum(buffer, p, kUdp);
  return p.length;
}

namespace {

std::size_t make_error(ConstBytes packet, const Parsed& parsed, std::uint8_t type, std::uint8_t code,
                       ConstBytes router, Bytes out) {
  Parsed p;
  p.v6 = parsed.v6;
  p.l4 = p.v6 ? 40 : 20;
  const std::size_t quoted = std::min<std::size_t>(parsed.length, kUnreachableQuote);
  p.length = static_cast<std::uint16_t>(p.l4 + 8 + quoted);
  std::fill_n(out.begin(), p.l4 + 8, std::uint8_t{0});
  out[0] = p.v6 ? 0x60 : 0x45;
  const std::uint8_t protocol = p.v6 ? kIcmpV6 : kIcmp;
  (p.v6 ? out[6] : out[9]) = protocol;
  (p.v6 ? out[7] : out[8]) = kTtl;
  put16(out, p.v6 ? 4 : 2, static_cast<std::uint32_t>(p.v6 ? p.length - 40 : p.length));
  std::copy_n(router.begin(), p.address_size(), out.begin() + static_cast<std::ptrdiff_t>(p.source_at()));
  std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(p.source_at()), p.address_size(),
              out.begin() + static_cast<std::ptrdiff_t>(p.destination_at()));
  if (!p.v6) put16(out, 10, checksum(sum16(out.first(20))));
  out[p.l4] = type;
  out[p.l4 + 1U] = code;
  std::copy_n(packet.begin(), quoted, out.begin() + p.l4 + 8);
  write_l4_checksum(out, p, protocol);
  return p.length;
}

}  // namespace

std::size_t make_unreachable(ConstBytes packet, const Parsed& parsed, std::uint8_t code, ConstBytes router,
                             Bytes out) {
  return make_error(packet, parsed, parsed.v6 ? 1 : 3, code, router, out);
}

std::size_t make_time_exceeded(ConstBytes packet, const Parsed& parsed, ConstBytes router, Bytes out) {
  return make_error(packet, parsed, parsed.v6 ? 3 : 11, 0, router, out);
}

std::size_t cut_short(Bytes answer, std::size_t length, const Parsed& parsed) {
  Parsed p = parsed;
  const std::size_t payload = length - p.l4 - 8;
  p.length = static_cast<std::uint16_t>(p.l4 + 8 + payload / 2);
  const bool udp = p.ask == Ask::stamp;
  if (udp) put16(answer, p.l4 + 4U, static_cast<std::uint32_t>(p.length - p.l4));
  write_ip(answer, p, p.length);
  write_l4_checksum(answer, p, udp ? kUdp : p.v6 ? kIcmpV6 : kIcmp);
  return p.length;
}

void forge(Bytes answer, std::size_t length, const Parsed& parsed) {
  Parsed p = parsed;
  p.length = static_cast<std::uint16_t>(length);
  const bool udp = p.ask == Ask::stamp;
  for (std::size_t i = p.l4 + 8U; i < length; ++i) answer[i] ^= 0x5A;
  if (!udp && length == p.l4 + 8U) answer[p.l4 + 7U] ^= 0x5A;  // no payload: a wrong sequence number
  write_l4_checksum(answer, p, udp ? kUdp : p.v6 ? kIcmpV6 : kIcmp);
}

}  // namespace faultline::lab
