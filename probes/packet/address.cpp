#include "probes/packet/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace faultline::packet {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress unmapped(const IpAddress& address) {
  if (!std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin())) return address;
  IpAddress v4;
  std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
  return v4;
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
  const auto percent = text.find('%');
  const std::string literal(text.substr(0, percent));
  if (literal.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET, literal.c_str(), address.bytes.data()) == 1)
    return percent == std::string_view::npos ? std::optional(address) : std::nullopt;
  if (inet_pton(AF_INET6, literal.c_str(), address.bytes.data()) != 1) return std::nullopt;
  address.is_v6 = true;
  if (percent == std::string_view::npos) return unmapped(address);
  address.scope = if_nametoindex(std::string(text.substr(percent + 1)).c_str());
  return address.scope == 0 ? std::nullopt : std::optional(address);
}

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.is_v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  if (address.scope == 0) return text;
  char interface[IF_NAMESIZE] = {};
  const bool known = if_indextoname(address.scope, interface) != nullptr;
  return std::string(text) + '%' + (known ? std::string(interface) : std::to_string(address.scope));
}

std::uint64_t hash(const IpAddress& address, std::uint64_t seed) {
  const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(address.bytes);
  // The second half is MurmurHash3's fmix64.
  auto mixed = (words[0] ^ seed) * 0x9e3779b97f4a7c15ULL + words[1];
  mixed = (mixed ^ (mixed >> 33U)) * 0xff51afd7ed558ccdULL;
  mixed = (mixed ^ (mixed >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return mixed ^ (mixed >> 33U);
}

}  // namespace faultline::packet
