// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012): a keyed 64-bit tag that nobody
// without the key can guess, in some 20 ns. Used to know one's own packets again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace faultline::wire {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

std::uint64_t siphash_2_4(SipKey key, std::span<const std::byte> message);

// The same over two words in little-endian order, without a buffer.
std::uint64_t siphash_2_4(SipKey key, std::uint64_t first, std::uint64_t second);

}  // namespace faultline::wire
