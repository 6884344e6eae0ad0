#include "probes/wire/stamp.h"

#include "probes/wire/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace faultline::wire {
namespace {

std::vector<std::byte> filled(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i + 1);
  return bytes;
}

TEST(StampRequest, UnauthenticatedHasTheFieldsOfRfc8762Figure2) {
  std::array<std::byte, kStampSize> packet;
  packet.fill(std::byte{0xee});
  const StampRequest request{
      .sequence = 0x01020304,
      .timestamp = 0x1112131415161718,
      .error = {.synchronised = true, .ptp_format = false, .scale = 20, .multiplier = 5},
      .ssid = 0x2122};
  ASSERT_EQ(encode_stamp_request(StampMode::unauthenticated, request, packet), 44U);
  EXPECT_EQ(read_be<std::uint32_t>(packet, 0), 0x01020304U);
  EXPECT_EQ(read_be<std::uint64_t>(packet, 4), 0x1112131415161718U);
  EXPECT_EQ(read_be<std::uint16_t>(packet, 12), 0x9405) << "S, Z, 6 bits scale, 8 bits multiplier";
  EXPECT_EQ(read_be<std::uint16_t>(packet, 14), 0x2122);
  for (std::size_t i = 16; i < packet.size(); ++i) EXPECT_EQ(packet[i], std::byte{0}) << "MBZ at " << i;
}

TEST(StampRequest, AuthenticatedHasTheFieldsOfRfc8762Figure3) {
  std::array<std::byte, kStampAuthenticatedSize> packet;
  packet.fill(std::byte{0xee});
  const StampRequest request{
      .sequence = 0x01020304, .timestamp = 0x1112131415161718, .error = {}, .ssid = 0x2122};
  ASSERT_EQ(encode_stamp_request(StampMode::authenticated, request, packet), 112U);
  EXPECT_EQ(read_be<std::uint32_t>(packet, 0), 0x01020304U);
  for (std::size_t i = 4; i < 16; ++i) EXPECT_EQ(packet[i], std::byte{0}) << "MBZ at " << i;
  EXPECT_EQ(read_be<std::uint64_t>(packet, 16), 0x1112131415161718U);
  EXPECT_EQ(read_be<std::uint16_t>(packet, 24), 0x0001);
  EXPECT_EQ(read_be<std::uint16_t>(packet, 26), 0x2122);
  for (std::size_t i = 28; i < packet.size(); ++i) EXPECT_EQ(packet[i], std::byte{0}) << "MBZ at " << i;
}

TEST(StampReply, UnauthenticatedIsReadFieldByField) {
  const auto reply = decode_stamp_reply(StampMode::unauthenticated, filled(44));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->sequence, 0x01020304U);
  EXPECT_EQ(reply->timestamp, 0x05060708090a0b0cU);
  EXPECT_EQ(reply->error, (ErrorEstimate{false, false, 0x0d, 0x0e}));
  EXPECT_EQ(reply->ssid, 0x0f10);
  EXPECT_EQ(reply->receive_timestamp, 0x1112131415161718U);
  EXPECT_EQ(reply->sender_sequence, 0x191a1b1cU);
  EXPECT_EQ(reply->sender_timestamp, 0x1d1e1f2021222324U);
  EXPECT_EQ(reply->sender_error, (ErrorEstimate{false, false, 0x25, 0x26}));
  EXPECT_EQ(reply->sender_ttl, 41);
}

TEST(StampReply, AuthenticatedIsReadFieldByField) {
  const auto reply = decode_stamp_reply(StampMode::authenticated, filled(112));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->sequence, 0x01020304U);
  EXPECT_EQ(reply->timestamp, 0x1112131415161718U);
  EXPECT_EQ(reply->error, (ErrorEstimate{false, false, 0x19, 0x1a}));
  EXPECT_EQ(reply->ssid, 0x1b1c);
  EXPECT_EQ(reply->receive_timestamp, 0x2122232425262728U);
  EXPECT_EQ(reply->sender_sequence, 0x31323334U);
  EXPECT_EQ(reply->sender_timestamp, 0x4142434445464748U);
  EXPECT_EQ(reply->sender_error, (ErrorEstimate{false, true, 0x09, 0x4a}));
  EXPECT_EQ(reply->sender_ttl, 81);
}

TEST(StampReply, ReadsWhatWasWrittenInBothModes) {
  const StampReply reply{.sequence = 7,
                         .timestamp = 8,
                         .error = {true, true, 63, 255},
                         .ssid = 9,
                         .receive_timestamp = 10,
                         .sender_sequence = 11,
                         .sender_timestamp = 12,
                         .sender_error = {true, false, 1, 2},
                         .sender_ttl = 64};
  for (const auto mode : {StampMode::unauthenticated, StampMode::authenticated}) {
    std::array<std::byte, kStampAuthenticatedSize> packet{};
    const auto size = encode_stamp_reply(mode, reply, packet);
    const auto read = decode_stamp_reply(mode, std::span(packet).first(size));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->sequence, 7U);
    EXPECT_EQ(read->timestamp, 8U);
    EXPECT_EQ(read->error, reply.error);
    EXPECT_EQ(read->receive_timestamp, 10U);
    EXPECT_EQ(read->sender_sequence, 11U);
    EXPECT_EQ(read->sender_timestamp, 12U);
    EXPECT_EQ(read->sender_error, reply.sender_error);
    EXPECT_EQ(read->sender_ttl, 64);
  }
}

TEST(StampReply, ShorterThanItsModeIsRefused) {
  for (std::size_t size = 0; size < 44; ++size)
    EXPECT_FALSE(decode_stamp_reply(StampMode::unauthenticated, filled(size))) << size;
  EXPECT_FALSE(decode_stamp_reply(StampMode::authenticated, filled(111)));
  EXPECT_FALSE(decode_stamp_request(StampMode::authenticated, filled(44)));
  EXPECT_TRUE(decode_stamp_reply(StampMode::unauthenticated, filled(200))) << "what follows is not looked at";
}

TEST(StampReply, WithAMultiplierOfZeroIsCorrupt) {
  auto packet = filled(44);
  packet[13] = std::byte{0};
  EXPECT_FALSE(decode_stamp_reply(StampMode::unauthenticated, packet));
}

TEST(StampPadding, IsTheTlvOfRfc8972) {
  std::array<std::byte, 4> tlv{};
  encode_padding_tlv(0x0102, tlv);
  EXPECT_EQ(tlv, (std::array{std::byte{0x80}, std::byte{1}, std::byte{1}, std::byte{2}}));
}

TEST(NtpTime, ConvertsBothWaysAndAcrossTheEraOf2036) {
  EXPECT_EQ(ntp_from_unix(0), 2'208'988'800ULL << 32U);
  EXPECT_EQ(ntp_from_unix(500'000'000) & 0xffffffffU, 0x80000000U);
  for (const std::int64_t second :
       {0LL, 1'700'000'000LL, 2'085'978'495LL, 2'085'978'496LL, 2'500'000'000LL}) {
    const auto time = second * 1'000'000'000 + 123'456'789;
    EXPECT_NEAR(static_cast<double>(unix_from_ntp(ntp_from_unix(time)) - time), 0, 1) << second;
  }
}

TEST(StampDifference, IsSignedAndSurvivesTheEndOfAnEra) {
  EXPECT_EQ(stamp_difference_ns(0x00000001'80000000, 0x00000001'00000000, false), 500'000'000);
  EXPECT_EQ(stamp_difference_ns(0x00000001'00000000, 0x00000001'80000000, false), -500'000'000);
  EXPECT_EQ(stamp_difference_ns(0x00000000'40000000, 0xffffffff'c0000000, false), 500'000'000);
  EXPECT_EQ(stamp_difference_ns(2ULL << 32U | 100, 1ULL << 32U | 999'999'900, true), 200);
}

}  // namespace
}  // namespace faultline::wire
