#include "tests/lab/address.h"

#include <arpa/inet.h>

#include <bit>
#include <cstring>

namespace faultline::lab {
namespace {

std::uint64_t load64(const std::uint8_t* p) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = (value << 8) | p[i];
  return value;
}
std::uint32_t load32(const std::uint8_t* p) {
  std::uint32_t value = 0;
  std::memcpy(&value, p, sizeof value);
  return value;
}
std::uint64_t hash6(const std::uint8_t* p) {
  return mix(load64(p) ^ mix(load64(p + 8)));
}
std::uint64_t hash4(std::uint32_t key) {
  return (key * 0x9E3779B97F4A7C15ULL) >> 20;
}
std::size_t table_size(std::size_t entries) {
  return entries == 0 ? 0 : std::bit_ceil(entries * 2);
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  Address address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.v6 = true;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

std::uint64_t hash(const Address& address) {
  return mix(hash6(address.bytes.data()) + (address.v6 ? 1 : 0));
}

std::uint32_t AddressTable::build(std::span<const Address> addresses) {
  std::size_t six = 0;
  for (const Address& address : addresses) six += address.v6 ? 1 : 0;
  v4_.assign(table_size(addresses.size() - six), {});
  v6_.assign(table_size(six), {});
  std::uint32_t twice = kNone;
  for (std::uint32_t i = 0; i < addresses.size(); ++i) {
    const std::uint8_t* bytes = addresses[i].bytes.data();
    const auto put = [&](auto& table, std::uint64_t at, const auto& key) {
      while (table[at & (table.size() - 1)].host != kNone) ++at;
      table[at & (table.size() - 1)] = {key, i};
    };
    if ((addresses[i].v6 ? find_v6(bytes) : find_v4(bytes)) != kNone) {
      if (twice == kNone) twice = i;
    } else if (addresses[i].v6) {
      put(v6_, hash6(bytes), addresses[i].bytes);
    } else {
      put(v4_, hash4(load32(bytes)), load32(bytes));
    }
  }
  return twice;
}

std::uint32_t AddressTable::find_v4(const std::uint8_t* four_bytes) const {
  if (v4_.empty()) return kNone;
  const std::uint32_t key = load32(four_bytes);
  const std::size_t mask = v4_.size() - 1;
  for (std::uint64_t at = hash4(key);; ++at) {
    const Entry4& entry = v4_[at & mask];
    if (entry.host == kNone || entry.key == key) return entry.host;
  }
}

std::uint32_t AddressTable::find_v6(const std::uint8_t* sixteen_bytes) const {
  if (v6_.empty()) return kNone;
  const std::size_t mask = v6_.size() - 1;
  for (std::uint64_t at = hash6(sixteen_bytes);; ++at) {
    const Entry6& entry = v6_[at & mask];
    if (entry.host == kNone || std::memcmp(entry.key.data(), sixteen_bytes, 16) == 0) return entry.host;
  }
}

}  // namespace faultline::lab
