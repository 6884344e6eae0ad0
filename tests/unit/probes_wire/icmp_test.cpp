#include "probes/wire/icmp.h"

#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <vector>

namespace faultline::wire {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> all;
  for (const int value : values) all.push_back(static_cast<std::byte>(value));
  return all;
}

TEST(InternetChecksum, IsThatOfRfc1071) {
  // RFC 1071 §3: the sum of these is ddf2, the checksum its complement.
  EXPECT_EQ(internet_checksum(bytes({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7})), 0x220d);
  EXPECT_EQ(internet_checksum(bytes({0x01})), 0xfeff);  // an odd byte counts as the upper half
}

TEST(IcmpEcho, RequestHasTheLayoutOfRfc792AndAValidChecksum) {
  std::array<std::byte, 64> buffer{};
  const auto payload = bytes({'a', 'b', 'c', 'd'});
  const auto size = encode_echo_request(IpVersion::v4, 0x1234, 0x0102, payload, buffer);
  ASSERT_EQ(size, 12U);
  const std::span<const std::byte> packet(buffer.data(), size);
  EXPECT_EQ(packet[0], std::byte{8});
  EXPECT_EQ(packet[1], std::byte{0});
  EXPECT_EQ(std::vector(packet.begin() + 4, packet.end()),
            bytes({0x12, 0x34, 0x01, 0x02, 'a', 'b', 'c', 'd'}));
  EXPECT_EQ(internet_checksum(packet), 0) << "the sum over a packet with its checksum is 0";
  EXPECT_EQ(internet_checksum(buffer), 0) << "zero padding does not change it";
}

TEST(IcmpEcho, V6RequestLeavesTheChecksumToTheKernel) {
  std::array<std::byte, 16> buffer{};
  encode_echo_request(IpVersion::v6, 1, 2, {}, buffer);
  EXPECT_EQ(buffer[0], std::byte{128});
  EXPECT_EQ(buffer[2], std::byte{0});
  EXPECT_EQ(buffer[3], std::byte{0});
}

TEST(IcmpEcho, ReplyIsDecoded) {
  const auto echo = decode_echo(IpVersion::v4, bytes({0, 0, 0xff, 0xff, 0xab, 0xcd, 0, 7, 'x'}));
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->kind, EchoKind::reply);
  EXPECT_EQ(echo->identifier, 0xabcd);
  EXPECT_EQ(echo->sequence, 7);
  ASSERT_EQ(echo->payload.size(), 1U);
}

TEST(IcmpEcho, TheVersionDecidesWhatAnEchoIs) {
  const auto v4_reply = bytes({0, 0, 0, 0, 0, 0, 0, 0});
  const auto v6_reply = bytes({129, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(decode_echo(IpVersion::v6, v4_reply));
  EXPECT_FALSE(decode_echo(IpVersion::v4, v6_reply));
  EXPECT_TRUE(decode_echo(IpVersion::v6, v6_reply));
}

TEST(IcmpEcho, ShortOrStrangeMessagesAreRefused) {
  EXPECT_FALSE(decode_echo(IpVersion::v4, {}));
  EXPECT_FALSE(decode_echo(IpVersion::v4, bytes({0, 0, 0, 0, 0, 0, 0}))) << "7 bytes";
  EXPECT_FALSE(decode_echo(IpVersion::v4, bytes({0, 1, 0, 0, 0, 0, 0, 0}))) << "code 1";
  EXPECT_FALSE(decode_echo(IpVersion::v4, bytes({3, 0, 0, 0, 0, 0, 0, 0}))) << "unreachable";
}

TEST(Ipv4Header, IsSkippedByItsOwnLength) {
  std::vector<std::byte> packet(32);
  packet[0] = std::byte{0x46};  // six words: 24 bytes, one word of options
  packet[9] = std::byte{1};
  packet[24] = std::byte{0x77};
  const auto icmp = icmp_in_ipv4(packet);
  ASSERT_TRUE(icmp);
  EXPECT_EQ(icmp->size(), 8U);
  EXPECT_EQ((*icmp)[0], std::byte{0x77});
}

TEST(Ipv4Header, WithALengthThatLiesIsRefused) {
  std::vector<std::byte> packet(24);
  packet[9] = std::byte{1};
  packet[0] = std::byte{0x44};
  EXPECT_FALSE(icmp_in_ipv4(packet)) << "16 bytes are no header";
  packet[0] = std::byte{0x4f};
  EXPECT_FALSE(icmp_in_ipv4(packet)) << "60 bytes are more than there are";
  packet[0] = std::byte{0x65};
  EXPECT_FALSE(icmp_in_ipv4(packet)) << "version 6";
  packet[0] = std::byte{0x45};
  EXPECT_TRUE(icmp_in_ipv4(packet));
  packet[9] = std::byte{17};
  EXPECT_FALSE(icmp_in_ipv4(packet)) << "UDP";
  EXPECT_FALSE(icmp_in_ipv4(std::span(packet).first(19)));
}

struct ErrorCase {
  IpVersion version;
  std::uint8_t type, code;
  OutcomeReason reason;
};

TEST(IcmpError, HasTheReasonOfItsTypeAndCode) {
  constexpr auto v4 = IpVersion::v4, v6 = IpVersion::v6;
  const ErrorCase cases[] = {
      {v4, 3, 0, OutcomeReason::net_unreachable},
      {v4, 3, 1, OutcomeReason::host_unreachable},
      {v4, 3, 3, OutcomeReason::port_unreachable},
      {v4, 3, 4, OutcomeReason::none},
      {v4, 3, 6, OutcomeReason::net_unreachable},
      {v4, 3, 7, OutcomeReason::host_unreachable},
      {v4, 3, 9, OutcomeReason::admin_prohibited},
      {v4, 3, 10, OutcomeReason::admin_prohibited},
      {v4, 3, 13, OutcomeReason::admin_prohibited},
      {v4, 11, 0, OutcomeReason::ttl_exceeded},
      {v4, 5, 0, OutcomeReason::none},
      {v6, 1, 0, OutcomeReason::net_unreachable},
      {v6, 1, 1, OutcomeReason::admin_prohibited},
      {v6, 1, 3, OutcomeReason::host_unreachable},
      {v6, 1, 4, OutcomeReason::port_unreachable},
      {v6, 3, 0, OutcomeReason::ttl_exceeded},
      {v6, 2, 0, OutcomeReason::none},
  };
  for (const auto& c : cases)
    EXPECT_EQ(error_reason(c.version, c.type, c.code), c.reason)
        << "type " << int{c.type} << " code " << int{c.code};
}

}  // namespace
}  // namespace faultline::wire
