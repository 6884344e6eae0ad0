// An IPv4 or IPv6 address of the emulated network as 16 comparable bytes, and a table that finds the host
// with a given address among a million. Pure; used on the packet path.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::lab {

struct Address {
  std::array<std::uint8_t, 16> bytes{};  // network order; an IPv4 address fills the first four
  bool v6 = false;

  auto operator<=>(const Address&) const = default;
};

// Nothing if the text is not a literal address (a name is not looked up).
std::optional<Address> parse_address(std::string_view text);
std::string to_string(const Address& address);

// Stirs 64 bits (SplitMix64 finaliser). The same on every machine: the truth of a packet rests on it.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}
std::uint64_t hash(const Address& address);

// Open addressing, at most half full: one probe into memory for nearly every look-up. An entry is 8 bytes for
// IPv4 and 20 for IPv6.
class AddressTable {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // Gives every address its position in the list. Returns the position of the first address that occurs a
  // second time, or kNone; the table then holds all of them once.
  std::uint32_t build(std::span<const Address> addresses);

  std::uint32_t find_v4(const std::uint8_t* four_bytes) const;
  std::uint32_t find_v6(const std::uint8_t* sixteen_bytes) const;

 private:
  struct Entry4 {
    std::uint32_t key = 0;
    std::uint32_t host = kNone;
  };
  struct Entry6 {
    std::array<std::uint8_t, 16> key{};
    std::uint32_t host = kNone;
  };
  std::vector<Entry4> v4_;
  std::vector<Entry6> v6_;
};

}  // namespace faultline::lab
