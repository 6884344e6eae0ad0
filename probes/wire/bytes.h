// Big-endian numbers in and out of byte spans. A read beyond the end is a bug of the caller, who has checked
// the length first (assert in debug builds).
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace faultline::wire {

template <typename T>
constexpr T read_be(std::span<const std::byte> bytes, std::size_t offset) {
  assert(offset + sizeof(T) <= bytes.size());
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[offset + i]);
  return static_cast<T>(value);
}

template <typename T>
constexpr void write_be(std::span<std::byte> bytes, std::size_t offset, T value) {
  assert(offset + sizeof(T) <= bytes.size());
  auto rest = static_cast<std::uint64_t>(value);
  for (std::size_t i = sizeof(T); i-- > 0; rest >>= 8U) bytes[offset + i] = static_cast<std::byte>(rest);
}

}  // namespace faultline::wire
