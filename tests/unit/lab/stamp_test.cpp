#include "tests/lab/stamp.h"

#include <gtest/gtest.h>

#include <vector>

namespace faultline::lab {
namespace {

using Payload = std::vector<std::uint8_t>;

constexpr StampTimes kTimes = {0x1111111111111111, 0x2222222222222222};

std::uint64_t get64(const Payload& p, std::size_t at) {
  return (std::uint64_t{get32(p, at)} << 32) | get32(p, at + 4);
}

// The values below were computed with Python's hmac and hashlib.
Payload signed_request() {
  Payload payload(112);
  put32(payload, 0, 7);
  put64(payload, 16, 0x0102030405060708);
  put16(payload, 24, 0x8203);
  put64(payload, 96, 0x7e127dfb138bb3d1);
  put64(payload, 104, 0xa2cedfc548292fe4);
  return payload;
}

TEST(Stamp, ReflectsTheUnauthenticatedLayout) {
  const StampReflector reflector;
  Payload payload(200);
  put32(payload, 0, 7);
  put64(payload, 4, 0x0102030405060708);
  put16(payload, 12, 0x8203);
  ASSERT_TRUE(reflector.accepts(ConstBytes(payload).first(44)));
  EXPECT_EQ(reflector.reflect(payload, 44, 3, kTimes, 61), 44U);
  EXPECT_EQ(get32(payload, 0), 3U);
  EXPECT_EQ(get64(payload, 4), kTimes.sent_ntp);
  EXPECT_EQ(get16(payload, 12), 0x8001);
  EXPECT_EQ(get64(payload, 16), kTimes.received_ntp);
  EXPECT_EQ(get32(payload, 24), 7U);
  EXPECT_EQ(get64(payload, 28), 0x0102030405060708U);
  EXPECT_EQ(get16(payload, 36), 0x8203);
  EXPECT_EQ(payload[40], 61);
}

TEST(Stamp, AnswersAsLongAsItWasAskedButNeverBelowTheBasePacket) {
  const StampReflector reflector;
  Payload payload(200, 0xEE);
  EXPECT_EQ(reflector.reflect(payload, 100, {}, kTimes, 61), 100U);
  EXPECT_EQ(payload[99], 0xEE);
  EXPECT_EQ(reflector.reflect(payload, 14, {}, kTimes, 61), 44U);
  EXPECT_FALSE(reflector.accepts(ConstBytes(payload).first(13)));
}

TEST(Stamp, ReflectsTheAuthenticatedLayoutAndSignsIt) {
  const StampReflector reflector("secret");
  Payload payload = signed_request();
  ASSERT_TRUE(reflector.accepts(payload));
  EXPECT_EQ(reflector.reflect(payload, 112, 3, kTimes, 61), 112U);
  EXPECT_EQ(get32(payload, 48), 7U);
  EXPECT_EQ(get64(payload, 64), 0x0102030405060708U);
  EXPECT_EQ(payload[80], 61);
  EXPECT_EQ(get64(payload, 96), 0x32239a1cad34288dU);
  EXPECT_EQ(get64(payload, 104), 0xb313d73153b4ad1aU);
}

TEST(Stamp, RefusesAWrongSignature) {
  const StampReflector reflector("secret");
  for (std::size_t i = 0; i < 112; ++i) {
    Payload payload = signed_request();
    payload[i] ^= 0x40;
    EXPECT_FALSE(reflector.accepts(payload)) << i;
  }
  EXPECT_FALSE(StampReflector("Secret").accepts(signed_request()));
  EXPECT_FALSE(reflector.accepts(ConstBytes(signed_request()).first(111)));
}

TEST(Stamp, WritesNtpTime) {
  EXPECT_EQ(ntp_from_unix_ns(0), std::uint64_t{2'208'988'800} << 32);
  EXPECT_EQ(ntp_from_unix_ns(1'500'000'000), (std::uint64_t{2'208'988'801} << 32) + 0x80000000U);
}

}  // namespace
}  // namespace faultline::lab
