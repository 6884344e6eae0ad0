// Keeps bursts off a link: at most a given number of packets in one millisecond to one /24 (IPv4) or /64
// (IPv6). Two prefixes may share a counter (the table is small), which delays a packet but never lets one
// too many through.
#pragma once

#include "probes/packet/address.h"
#include "probes/packet/wheel.h"

#include <array>
#include <cstdint>

namespace faultline::packet {

class Pacer {
 public:
  explicit Pacer(std::uint32_t most) : most_(most) {}

  // Counts the packet and says yes, or says no: try again in the next millisecond.
  bool admit(const IpAddress& to, Nanos now) {
    const auto millisecond = static_cast<std::uint32_t>(now / 1'000'000);
    auto& entry = entries_[position(to)];
    if (entry.millisecond != millisecond) entry = {millisecond, 0};
    if (entry.count >= most_) return false;
    ++entry.count;
    return true;
  }

 private:
  static constexpr std::size_t kEntries = 4096;
  struct Entry {
    std::uint32_t millisecond = 0;
    std::uint32_t count = 0;
  };

  static std::size_t position(const IpAddress& to) {
    std::uint64_t prefix = 0;
    const std::size_t length = to.is_v6 ? 8 : 3;
    for (std::size_t i = 0; i < length; ++i) prefix = prefix << 8U | to.bytes[i];
    return static_cast<std::size_t>((prefix * 0x9e3779b97f4a7c15ULL) >> 52U);
  }

  std::array<Entry, kEntries> entries_{};
  std::uint32_t most_;
};

}  // namespace faultline::packet
