#include "probes/wire/siphash.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace faultline::wire {
namespace {

// The key 00 01 … 0f and the vectors of the reference implementation (vectors_sip64): message 00 01 … of
// length n.
constexpr SipKey kKey{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};

std::vector<std::byte> counting(std::size_t length) {
  std::vector<std::byte> bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

TEST(SipHash, GivesTheReferenceVectors) {
  EXPECT_EQ(siphash_2_4(kKey, counting(0)), 0x726fdb47dd0e0e31ULL);
  EXPECT_EQ(siphash_2_4(kKey, counting(1)), 0x74f839c593dc67fdULL);
  EXPECT_EQ(siphash_2_4(kKey, counting(7)), 0xab0200f58b01d137ULL);
  EXPECT_EQ(siphash_2_4(kKey, counting(8)), 0x93f5f5799a932462ULL);
  EXPECT_EQ(siphash_2_4(kKey, counting(15)), 0xa129ca6149be45e5ULL);  // the paper's appendix A
}

TEST(SipHash, OfTwoWordsIsThatOfTheirBytes) {
  EXPECT_EQ(siphash_2_4(kKey, 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL), siphash_2_4(kKey, counting(16)));
}

}  // namespace
}  // namespace faultline::wire
