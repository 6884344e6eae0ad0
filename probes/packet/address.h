// An IPv4 or IPv6 address as plain data, without a port: what the packet engine sends to and what the
// resolver finds. No name resolution here.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultline::packet {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // network order; an IPv4 address in the first four, the rest 0
  std::uint32_t scope = 0;               // interface index of a link-local IPv6 address, else 0
  bool is_v6 = false;

  constexpr auto operator<=>(const IpAddress&) const = default;
};

// A literal ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"); nothing if the text is none, which may then be a
// host name. An IPv4-mapped IPv6 address comes back as IPv4.
std::optional<IpAddress> parse_address(std::string_view text);
std::string to_string(const IpAddress& address);

// For tables of addresses that only the inventory fills. All bits of the result depend on all bytes: IPv6
// addresses of one network differ in their last bytes only.
std::uint64_t hash(const IpAddress& address, std::uint64_t seed);

}  // namespace faultline::packet
