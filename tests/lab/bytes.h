// Big-endian reads and writes at an offset of a span, and the Internet checksum (RFC 1071). Offsets are the
// caller's to check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace faultline::lab {

using Bytes = std::span<std::uint8_t>;
using ConstBytes = std::span<const std::uint8_t>;

inline std::uint16_t get16(ConstBytes b, std::size_t at) {
  return static_cast<std::uint16_t>((b[at] << 8) | b[at + 1]);
}
inline std::uint32_t get32(ConstBytes b, std::size_t at) {
  return (std::uint32_t{get16(b, at)} << 16) | get16(b, at + 2);
}
inline void put16(Bytes b, std::size_t at, std::uint32_t value) {
  b[at] = static_cast<std::uint8_t>(value >> 8);
  b[at + 1] = static_cast<std::uint8_t>(value);
}
inline void put32(Bytes b, std::size_t at, std::uint32_t value) {
  put16(b, at, value >> 16);
  put16(b, at + 2, value);
}
inline void put64(Bytes b, std::size_t at, std::uint64_t value) {
  put32(b, at, static_cast<std::uint32_t>(value >> 32));
  put32(b, at + 4, static_cast<std::uint32_t>(value));
}

// The sum of the 16 bit words, not yet folded; an odd last byte is padded with zero.
std::uint64_t sum16(ConstBytes bytes, std::uint64_t sum = 0);
// Folds and complements: what goes into a header. A packet with a right checksum in it gives 0.
std::uint16_t checksum(std::uint64_t sum);
// RFC 1624 (equation 3): the checksum after one 16 bit word went from `before` to `after`.
std::uint16_t adjusted(std::uint16_t sum, std::uint16_t before, std::uint16_t after);

}  // namespace faultline::lab
