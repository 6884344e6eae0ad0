// Packets as a prober would send them, built field by field for the lab's tests.
#pragma once

#include "tests/lab/address.h"
#include "tests/lab/bytes.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace faultline::lab::test {

using Packet = std::vector<std::uint8_t>;

inline Packet ip_packet(std::string_view from, std::string_view to, std::uint8_t protocol,
                        const Packet& payload) {
  const Address source = *parse_address(from), destination = *parse_address(to);
  const std::size_t header = source.v6 ? 40 : 20, size = source.v6 ? 16 : 4;
  Packet packet(header);
  packet[0] = source.v6 ? 0x60 : 0x45;
  packet[source.v6 ? 6 : 9] = protocol;
  packet[source.v6 ? 7 : 8] = 61;
  put16(packet, source.v6 ? 4 : 2, static_cast<std::uint32_t>(payload.size() + (source.v6 ? 0 : 20)));
  std::copy_n(source.bytes.begin(), size, packet.begin() + (source.v6 ? 8 : 12));
  std::copy_n(destination.bytes.begin(), size, packet.begin() + (source.v6 ? 24 : 16));
  if (!source.v6) put16(packet, 10, checksum(sum16(packet)));
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

// Sum over the pseudo header and everything behind the IP header.
inline std::uint16_t l4_sum(const Packet& packet, std::uint8_t protocol) {
  const bool v6 = packet[0] >> 4 == 6;
  const ConstBytes all(packet);
  const ConstBytes l4 = all.subspan(v6 ? 40 : 20);
  if (protocol == 1) return checksum(sum16(l4));
  return checksum(sum16(l4, sum16(all.subspan(v6 ? 8 : 12, v6 ? 32 : 8), l4.size() + protocol)));
}

inline Packet echo_request(std::string_view from, std::string_view to, std::uint16_t sequence,
                           std::size_t payload = 16) {
  const bool v6 = from.find(':') != std::string_view::npos;
  Packet icmp(8 + payload);
  icmp[0] = v6 ? 128 : 8;
  put16(icmp, 4, 0x1234);
  put16(icmp, 6, sequence);
  for (std::size_t i = 0; i < payload; ++i) icmp[8 + i] = static_cast<std::uint8_t>(i * 7);
  const std::uint8_t protocol = v6 ? 58 : 1;
  Packet packet = ip_packet(from, to, protocol, icmp);
  put16(packet, v6 ? 42 : 22, l4_sum(packet, protocol));
  return packet;
}

inline Packet udp_packet(std::string_view from, std::string_view to, std::uint16_t port,
                         const Packet& payload) {
  const bool v6 = from.find(':') != std::string_view::npos;
  Packet udp(8);
  put16(udp, 0, 40'000);
  put16(udp, 2, port);
  put16(udp, 4, static_cast<std::uint32_t>(8 + payload.size()));
  udp.insert(udp.end(), payload.begin(), payload.end());
  Packet packet = ip_packet(from, to, 17, udp);
  put16(packet, v6 ? 46 : 26, l4_sum(packet, 17));
  return packet;
}

inline Packet tcp_packet(std::string_view from, std::string_view to, std::uint16_t port, std::uint8_t flags) {
  Packet tcp(20);
  put16(tcp, 0, 50'000);
  put16(tcp, 2, port);
  put32(tcp, 4, 1000);
  put32(tcp, 8, 2000);
  put16(tcp, 12, 0x5000U | flags);
  const bool v6 = from.find(':') != std::string_view::npos;
  Packet packet = ip_packet(from, to, 6, tcp);
  put16(packet, (v6 ? 40U : 20U) + 16, l4_sum(packet, 6));
  return packet;
}

}  // namespace faultline::lab::test
