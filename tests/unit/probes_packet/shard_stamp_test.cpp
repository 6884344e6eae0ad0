#include "probes/packet/hmac.h"
#include "tests/unit/probes_packet/fake_network.h"

#include <gtest/gtest.h>

#include <cmath>

namespace faultline::packet {
namespace {

using namespace std::chrono_literals;
using wire::StampMode;

const IpAddress kReflector = v4(192, 0, 2, 1);

// A reflector in a script: one-way delays, residence time, and what it does with the sender's sequence.
struct Reflector {
  Nanos forward = 7 * kMs;
  Nanos residence = 4 * kMs;
  Nanos backward = 9 * kMs;
  bool stateful = false;
  bool synchronised = false;
  std::vector<std::byte> key;
  std::uint32_t counter = 0;

  void reflect(FakeNetwork& net, const Outgoing& packet, bool lose_on_the_way_back = false) {
    const auto mode = key.empty() ? StampMode::unauthenticated : StampMode::authenticated;
    const auto request = wire::decode_stamp_request(mode, FakeNetwork::bytes_of(packet));
    ASSERT_TRUE(request);
    wire::StampReply reply{.sequence = stateful ? counter++ : request->sequence,
                           .timestamp = wire::ntp_from_unix(packet.sent_at + forward + residence),
                           .error = {.synchronised = synchronised},
                           .receive_timestamp = wire::ntp_from_unix(packet.sent_at + forward),
                           .sender_sequence = request->sequence,
                           .sender_timestamp = request->timestamp,
                           .sender_error = request->error,
                           .sender_ttl = 64};
    std::vector<std::byte> bytes(wire::stamp_size(mode));
    wire::encode_stamp_reply(mode, reply, bytes);
    if (!key.empty()) {
      const auto signature = ShortHmac(key).sign(std::span(bytes).first(wire::kStampHmacOffset));
      std::copy(signature.begin(), signature.end(), bytes.begin() + wire::kStampHmacOffset);
    }
    if (change) change(bytes);
    if (!lose_on_the_way_back)
      net.answer({.from = packet.to, .time_certain = true}, bytes, forward + residence + backward);
  }
  std::function<void(std::vector<std::byte>&)> change;
};

class StampRounds : public ::testing::Test, public ShardRig {
 protected:
  void start(std::vector<std::byte> key = {}, std::uint16_t size = 0) {
    use_stamp(
        {.interval = 10s,
         .spacing = 100ms,
         .timeout = 1s,
         .late_horizon = 10s,
         .packets = 10,
         .payload = size != 0 ? size : std::uint16_t{static_cast<std::uint16_t>(key.empty() ? 44 : 112)},
         .port = 862,
         .key = key});
    reflector.key = key;
    add(0, kReflector, now + 10 * kMs);
    net->script = [&](const Outgoing& packet) {
      const auto number = net->sent.size() - 1;
      if (number == lose_forward) return;
      reflector.reflect(*net, packet, number == lose_backward);
    };
  }
  Reflector reflector;
  std::size_t lose_forward = SIZE_MAX, lose_backward = SIZE_MAX;
};

TEST_F(StampRounds, RttLeavesTheReflectorsResidenceOut) {
  start();
  run_for(2'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
  EXPECT_NEAR(rounds[0].rtt.median_ms, 16, 0.001);
  EXPECT_EQ(net->sent[0].port, 862);
}

TEST_F(StampRounds, AStatelessReflectorTellsNoDirection) {
  start();
  lose_forward = 3;
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.lost(), 1);
  EXPECT_EQ(rounds[0].packets.lost_forward, -1);
  EXPECT_EQ(rounds[0].packets.lost_backward, -1);
}

TEST_F(StampRounds, AStatefulReflectorSplitsTheLossByDirection) {
  start();
  reflector.stateful = true;
  lose_forward = 3;
  lose_backward = 6;
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.lost(), 2);
  EXPECT_EQ(rounds[0].packets.lost_forward, 1);
  EXPECT_EQ(rounds[0].packets.lost_backward, 1);
}

TEST_F(StampRounds, TheRoundBeforeAnchorsALossAtTheBeginning) {
  start();
  reflector.stateful = true;
  lose_backward = 10;  // the first of the second round
  run_for(13'000 * kMs);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0].packets.lost_backward, 0);
  EXPECT_EQ(rounds[1].packets.lost_forward, 0);
  EXPECT_EQ(rounds[1].packets.lost_backward, 1);
}

TEST_F(StampRounds, AReflectorThatRestartsTellsNoDirectionRatherThanAWrongOne) {
  start();
  reflector.stateful = true;
  reflector.counter = 100;
  reflector.change = [&](auto&) {
    if (reflector.counter == 105) reflector.counter = 0;
  };
  lose_forward = 2;
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.lost_forward, -1);
}

TEST_F(StampRounds, OneWayDelaysNeedBothClocksSynchronised) {
  start();
  run_for(2'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_TRUE(std::isnan(rounds[0].rtt.forward_delay_ms)) << "the reflector's is not";
  reflector.synchronised = true;
  run_for(10'000 * kMs);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_NEAR(rounds[1].rtt.forward_delay_ms, 7, 0.001);
  EXPECT_NEAR(rounds[1].rtt.backward_delay_ms, 9, 0.001);
  clock_synchronised = false;
  run_for(10'000 * kMs);
  ASSERT_EQ(rounds.size(), 3U);
  EXPECT_TRUE(std::isnan(rounds[2].rtt.forward_delay_ms)) << "ours is not";
}

TEST_F(StampRounds, ANegativeOneWayDelayIsAClockFaultAndLeftOut) {
  start();
  reflector.synchronised = true;
  reflector.forward = -3 * kMs;
  reflector.residence = 10 * kMs;
  run_for(2'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_TRUE(std::isnan(rounds[0].rtt.forward_delay_ms));
  EXPECT_NEAR(rounds[0].rtt.median_ms, 6, 0.001);
}

TEST_F(StampRounds, AnImpossibleResidenceGivesNoRtt) {
  start();
  reflector.residence = -5 * kMs;
  run_for(2'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.received, 10);
  EXPECT_TRUE(std::isnan(rounds[0].rtt.median_ms));
}

TEST_F(StampRounds, AReflectorWithoutTimeStampsGivesThePlainRtt) {
  start();
  reflector.change = [](auto& bytes) {
    std::fill(bytes.begin() + 4, bytes.begin() + 12, std::byte{0});
    std::fill(bytes.begin() + 16, bytes.begin() + 24, std::byte{0});
  };
  run_for(2'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_NEAR(rounds[0].rtt.median_ms, 20, 0.001);
}

TEST_F(StampRounds, ForgedRepliesAreCountedAndIgnored) {
  start();
  reflector.change = [](auto& bytes) { bytes[35] ^= std::byte{1}; };  // the tag in the sender's time stamp
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::lost);
  EXPECT_EQ(shard.stats().stray, 10U);
}

TEST_F(StampRounds, TruncatedRepliesAreMalformed) {
  start();
  reflector.change = [](auto& bytes) { bytes.resize(43); };
  run_for(3'000 * kMs);
  EXPECT_EQ(shard.stats().malformed, 10U);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::lost);
}

TEST_F(StampRounds, AuthenticatedRepliesAreTakenWithTheRightKeyOnly) {
  const std::vector<std::byte> key(32, std::byte{7});
  start(key);
  run_for(2'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
  const auto& sent = net->sent[0];
  EXPECT_EQ(sent.header_size, 112);
  EXPECT_TRUE(
      ShortHmac(key).verify(std::span(sent.header).first(96), std::span(sent.header).subspan(96, 16)));
  reflector.key[0] = std::byte{8};
  run_for(10'000 * kMs);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[1].outcome, Outcome::lost);
  EXPECT_EQ(shard.stats().bad_authentication, 10U);
}

TEST_F(StampRounds, ALargerSizeIsFilledByAPaddingTlv) {
  start({}, 200);
  run_for(20 * kMs);
  ASSERT_EQ(net->sent.size(), 1U);
  EXPECT_EQ(net->sent[0].header_size + net->sent[0].padding, 200);
  EXPECT_EQ(net->sent[0].header[44], std::byte{0x80});
  EXPECT_EQ(net->sent[0].header[47], static_cast<std::byte>(200 - 48));
}

TEST_F(StampRounds, AClosedPortIsRefusedNotLost) {
  start();
  net->script = [&](const Outgoing& packet) { net->error(packet, 3, 3, 44, kMs); };
  run_for(2'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::refused);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::port_unreachable);
}

TEST(Hmac, GivesTheVectorsOfRfc4231Cut) {
  const std::vector<std::byte> key(20, std::byte{0x0b});
  const std::string_view text = "Hi There";
  const auto signature = ShortHmac(key).sign(std::as_bytes(std::span(text)));
  const std::array<int, 16> expected = {0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53,
                                        0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b};
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(std::to_integer<int>(signature[i]), expected[i]);
  ShortHmac again(key);
  EXPECT_TRUE(again.verify(std::as_bytes(std::span(text)), signature));
  EXPECT_FALSE(again.verify(std::as_bytes(std::span(text)), std::span(signature).first(15)));
}

}  // namespace
}  // namespace faultline::packet
