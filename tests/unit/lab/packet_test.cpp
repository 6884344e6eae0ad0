#include "tests/lab/packet.h"

#include "tests/unit/lab/packets.h"

#include <gtest/gtest.h>

namespace faultline::lab {
namespace {

using test::Packet;

struct Family {
  const char* name;
  const char* own;
  const char* host;
  std::uint8_t icmp;
  std::size_t header;
};
class Packets : public testing::TestWithParam<Family> {
 protected:
  bool ip_sum_is_right(const Packet& packet) const {
    return GetParam().header == 40 || checksum(sum16(ConstBytes(packet).first(20))) == 0;
  }
};
INSTANTIATE_TEST_SUITE_P(BothFamilies, Packets,
                         testing::Values(Family{"v4", "10.255.255.1", "10.16.0.1", 1, 20},
                                         Family{"v6", "fd00:ffff::ffff", "fd00:fa17::1", 58, 40}),
                         [](const auto& test) { return test.param.name; });

TEST_P(Packets, AnEchoRequestBecomesItsReply) {
  const Family& f = GetParam();
  for (const std::size_t payload : {0, 1, 16, 1400}) {
    Packet packet = test::echo_request(f.own, f.host, 7, payload);
    const Packet request = packet;
    const Parsed parsed = parse(packet);
    ASSERT_EQ(parsed.ask, Ask::echo);
    EXPECT_EQ(parsed.tag, 0x12340007U);
    EXPECT_EQ(make_echo_reply(packet, parsed), request.size());
    EXPECT_EQ(packet[f.header], f.icmp == 1 ? 0 : 129);
    EXPECT_TRUE(std::equal(packet.begin() + static_cast<long>(f.header) + 4, packet.end(),
                           request.begin() + static_cast<long>(f.header) + 4));
    EXPECT_EQ(test::l4_sum(packet, f.icmp), 0);
    EXPECT_TRUE(ip_sum_is_right(packet));
    EXPECT_TRUE(std::equal(packet.begin() + static_cast<long>(parsed.source_at()),
                           packet.begin() + static_cast<long>(parsed.destination_at()),
                           request.begin() + static_cast<long>(parsed.destination_at())));
  }
}

TEST_P(Packets, AnyFlippedBitOfTheMessageIsMalformedOrAnotherMessage) {
  const Family& f = GetParam();
  const Packet packet = test::echo_request(f.own, f.host, 7);
  for (std::size_t bit = f.header * 8; bit < packet.size() * 8; ++bit) {
    Packet broken = packet;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_NE(parse(broken).ask, Ask::echo) << "bit " << bit;
  }
}

TEST_P(Packets, ACutPacketIsMalformed) {
  const Family& f = GetParam();
  const Packet packet = test::echo_request(f.own, f.host, 7);
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_EQ(parse(ConstBytes(packet).first(size)).ask, Ask::malformed) << size;
}

TEST_P(Packets, ASynIsAcceptedOrRefused) {
  const Family& f = GetParam();
  for (const bool open : {true, false}) {
    Packet packet = test::tcp_packet(f.own, f.host, 443, 0x02);
    const Parsed parsed = parse(packet);
    ASSERT_EQ(parsed.ask, Ask::tcp_syn);
    packet.resize(make_tcp_reply(packet, parsed, open, 77));
    EXPECT_EQ(packet[f.header + 13], open ? 0x12 : 0x14);
    EXPECT_EQ(get32(packet, f.header + 8), 1001U);
    EXPECT_EQ(get32(packet, f.header + 4), open ? 77U : 0U);
    EXPECT_EQ(get16(packet, f.header), 443);
    EXPECT_EQ(test::l4_sum(packet, 6), 0);
    EXPECT_TRUE(ip_sum_is_right(packet));
  }
}

TEST_P(Packets, AFinIsAnsweredByAResetAndAnAckByNothing) {
  const Family& f = GetParam();
  Packet fin = test::tcp_packet(f.own, f.host, 443, 0x11);
  const Parsed parsed = parse(fin);
  ASSERT_EQ(parsed.ask, Ask::tcp_done);
  fin.resize(make_tcp_reply(fin, parsed, true, 77));
  EXPECT_EQ(fin[f.header + 13], 0x04);
  EXPECT_EQ(get32(fin, f.header + 4), 2000U);
  EXPECT_EQ(test::l4_sum(fin, 6), 0);
  EXPECT_EQ(parse(test::tcp_packet(f.own, f.host, 443, 0x10)).ask, Ask::ignored);
  EXPECT_EQ(parse(test::tcp_packet(f.own, f.host, 443, 0x14)).ask, Ask::ignored);
}

TEST_P(Packets, UdpIsStampOnItsPortAndClosedElsewhere) {
  const Family& f = GetParam();
  EXPECT_EQ(parse(test::udp_packet(f.own, f.host, 862, Packet(44))).ask, Ask::stamp);
  EXPECT_EQ(parse(test::udp_packet(f.own, f.host, 863, Packet(44))).ask, Ask::udp_closed);
}

TEST_P(Packets, UnreachableQuotesThePacket) {
  const Family& f = GetParam();
  const Packet packet = test::echo_request(f.own, f.host, 9, 1200);
  Packet out(2048);
  const Address router = *parse_address(f.header == 40 ? "fd00:ffff::1" : "10.255.0.1");
  out.resize(make_unreachable(packet, parse(packet), 1, router.bytes, out));
  EXPECT_EQ(out.size(), f.header + 8 + 548);
  EXPECT_EQ(out[f.header], f.header == 40 ? 1 : 3);
  EXPECT_EQ(out[f.header + 1], 1);
  EXPECT_TRUE(std::equal(out.begin() + static_cast<long>(f.header) + 8, out.end(), packet.begin()));
  EXPECT_EQ(test::l4_sum(out, f.icmp), 0);
  EXPECT_TRUE(ip_sum_is_right(out));
}

TEST_P(Packets, AForgedReplyDiffersInEveryByteOfItsPayloadButIsCorrect) {
  const Family& f = GetParam();
  Packet packet = test::echo_request(f.own, f.host, 7);
  const Packet request = packet;
  const Parsed parsed = parse(packet);
  const std::size_t length = make_echo_reply(packet, parsed);
  forge(packet, length, parsed);
  for (std::size_t i = f.header + 8; i < packet.size(); ++i) EXPECT_NE(packet[i], request[i]);
  EXPECT_EQ(test::l4_sum(packet, f.icmp), 0);
}

TEST_P(Packets, AReplyCutShortIsAWholePacketWithHalfThePayload) {
  const Family& f = GetParam();
  Packet packet = test::echo_request(f.own, f.host, 7, 16);
  const Parsed parsed = parse(packet);
  packet.resize(cut_short(packet, make_echo_reply(packet, parsed), parsed));
  EXPECT_EQ(packet.size(), f.header + 8 + 8);
  EXPECT_EQ(test::l4_sum(packet, f.icmp), 0);
  EXPECT_TRUE(ip_sum_is_right(packet));
}

TEST(PacketParser, TakesNoFragmentAndNoAnswer) {
  Packet fragment = test::echo_request("10.255.255.1", "10.16.0.1", 1);
  put16(fragment, 6, 0x2000);
  put16(fragment, 10, 0);
  put16(fragment, 10, checksum(sum16(ConstBytes(fragment).first(20))));
  EXPECT_EQ(parse(fragment).ask, Ask::ignored);
  Packet reply = test::echo_request("10.255.255.1", "10.16.0.1", 1);
  make_echo_reply(reply, parse(reply));
  EXPECT_EQ(parse(reply).ask, Ask::ignored);
}

}  // namespace
}  // namespace faultline::lab
