// ICMP echo (RFC 792) and ICMPv6 echo (RFC 4443) as bytes, and what an ICMP error's type and code mean for a
// round. Pure: no sockets.
#pragma once

#include "rules/model/round.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace faultline::wire {

enum class IpVersion : std::uint8_t { v4, v6 };

inline constexpr std::size_t kEchoHeaderSize = 8;

enum class EchoKind : std::uint8_t { request, reply };

struct Echo {
  EchoKind kind = EchoKind::request;
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  std::span<const std::byte> payload;  // within what was decoded; may be cut short where it was quoted
};

// Nothing if the bytes are shorter than the header, or no echo request or reply with code 0. The checksum is
// not looked at: the kernel has done so, or the payload's tag says more.
std::optional<Echo> decode_echo(IpVersion version, std::span<const std::byte> icmp);

// Writes header and payload into `buffer`, which is at least 8 + payload.size() long; returns the length.
// With IPv4 the checksum is that of header, payload and any number of zero bytes after them; with IPv6 it
// is left 0 for the kernel, who knows the source address.
std::size_t encode_echo_request(IpVersion version, std::uint16_t identifier, std::uint16_t sequence,
                                std::span<const std::byte> payload, std::span<std::byte> buffer);

// RFC 1071 Internet checksum, as it stands in the packet.
std::uint16_t internet_checksum(std::span<const std::byte> bytes);

// What a raw IPv4 socket gives: the ICMP message behind the IP header; nothing if the header is cut or is not
// that of ICMP.
std::optional<std::span<const std::byte>> icmp_in_ipv4(std::span<const std::byte> packet);

// The reason that an ICMP error gives; `none` for a message that says nothing about reaching the host
// (source quench, redirect, packet too big).
OutcomeReason error_reason(IpVersion version, std::uint8_t type, std::uint8_t code);

}  // namespace faultline::wire
