// What a shard makes of the answers: rounds, late ones, strays, errors, and what was not measured.
#include "tests/unit/probes_packet/shard_world.h"

#include <cmath>

namespace faultline::packet {
namespace {

class ShardRounds : public ShardTest {
 protected:
  void SetUp() override {
    use_icmp(icmp());
    add(0, kHost, now + 10 * kMs);
  }
  // Packet number within its round.
  static std::size_t number(const Outgoing& packet) { return (packet.sequence - 0xfffffffeU) % 5; }
};

TEST_F(ShardRounds, CloseAtTheLastAnswerWithAllTheirStatistics) {
  const Nanos delays[] = {10 * kMs, 12 * kMs, 11 * kMs, 30 * kMs, 10 * kMs};
  net->script = [&](const Outgoing& packet) { net->echo(packet, delays[number(packet)]); };
  run_for(900 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  const auto& round = rounds[0];
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(round.endpoint.value, 0U);
  EXPECT_EQ(round.packets.sent, 5);
  EXPECT_EQ(round.packets.received, 5);
  EXPECT_EQ(round.packets.lost(), 0);
  EXPECT_FLOAT_EQ(round.rtt.minimum_ms, 10);
  EXPECT_FLOAT_EQ(round.rtt.median_ms, 11);
  EXPECT_FLOAT_EQ(round.rtt.p95_ms, 30);
  EXPECT_FLOAT_EQ(round.rtt.maximum_ms, 30);
  EXPECT_FLOAT_EQ(round.rtt.ipdv_ms, 20);
  // RFC 3550: |D| = 2, 1, 19, 20, each counting a sixteenth.
  double jitter = 0;
  for (const double d : {2.0, 1.0, 19.0, 20.0}) jitter += (d - jitter) / 16;
  EXPECT_NEAR(round.rtt.jitter_ms, jitter, 1e-4);
  EXPECT_EQ(round.finished - round.started, 810ms);
  EXPECT_EQ(round.packets.lost_forward, -1);
}

TEST_F(ShardRounds, AllLostAreGivenOutAtTheTimeout) {
  run_for(10 * kMs + 800 * kMs + 2'000 * kMs - kMs);
  EXPECT_TRUE(rounds.empty());
  run_for(1 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::lost);
  EXPECT_EQ(rounds[0].packets.sent, 5);
  EXPECT_EQ(rounds[0].packets.lost(), 5);
  EXPECT_TRUE(std::isnan(rounds[0].rtt.median_ms));
}

TEST_F(ShardRounds, AnAnswerAfterTheTimeoutIsLateAndNotLost) {
  net->script = [&](const Outgoing& packet) {
    net->echo(packet, number(packet) == 0 ? 2'100 * kMs : number(packet) == 4 ? 4'000 * kMs : 10 * kMs);
  };
  run_for(4'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::partial);
  EXPECT_EQ(rounds[0].packets.received, 3);
  EXPECT_EQ(rounds[0].packets.late, 1) << "the first came while the round was open";
  EXPECT_EQ(rounds[0].packets.lost(), 1) << "the last had not come when the round closed";
  EXPECT_EQ(shard.stats().late_after_close, 0U);
  run_for(2'000 * kMs);
  EXPECT_EQ(shard.stats().late_after_close, 1U);
  EXPECT_EQ(shard.stats().late, 2U);
  EXPECT_EQ(shard.stats().stray, 0U);
}

TEST(ShardLateReplies, AreToldWithTheirRoundAndRttEvenSeveralIntervalsLater) {
  ShardRig rig;
  auto settings = icmp();
  settings.late_horizon = 40s;
  rig.use_icmp(settings);
  const Nanos t0 = rig.now + 500 * kMs;
  rig.net->script = [&](const Outgoing& packet) {
    const bool is_first_round = packet.sequence - 0xfffffffe < 5;
    rig.net->echo(packet, is_first_round ? 35'000 * kMs : 10 * kMs);
    if (is_first_round) rig.net->echo(packet, 36'000 * kMs);
  };
  rig.add(0, kHost, t0);
  rig.run_for(40'000 * kMs);
  ASSERT_EQ(rig.late.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(rig.late[i].round_started, rig.rounds[0].started);
    EXPECT_TRUE(rig.late[i].after_round);
    EXPECT_FLOAT_EQ(rig.late[i].rtt_ms, 35'000);
    EXPECT_EQ(rig.late[i].endpoint, EndpointIndex{0});
  }
  EXPECT_EQ(rig.rounds[0].outcome, Outcome::lost);
  for (std::size_t i = 1; i < rig.rounds.size(); ++i) EXPECT_EQ(rig.rounds[i].packets.received, 5);
  EXPECT_EQ(rig.shard.stats().late_after_close, 5U) << "each once, though it came twice";
}

TEST_F(ShardRounds, AnAnswerBeyondTheHorizonIsStray) {
  net->script = [&](const Outgoing& packet) { net->echo(packet, 11'000 * kMs); };
  run_for(12'000 * kMs);
  EXPECT_EQ(shard.stats().late, 0U);
  EXPECT_GT(shard.stats().stray, 0U);
}

TEST_F(ShardRounds, DuplicatesAreCountedOnceEachInAndAfterTheRound) {
  net->script = [&](const Outgoing& packet) {
    net->echo(packet, 10 * kMs);
    if (number(packet) == 1) net->echo(packet, 20 * kMs);
    if (number(packet) == 4) net->echo(packet, 500 * kMs);
  };
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.received, 5);
  EXPECT_EQ(rounds[0].packets.duplicates, 1);
  EXPECT_EQ(shard.stats().duplicates, 2U);
}

TEST_F(ShardRounds, AnswersThatOvertakeAreReordered) {
  net->script = [&](const Outgoing& packet) {
    net->echo(packet, number(packet) == 1 ? 500 * kMs : 10 * kMs);
  };
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.received, 5);
  EXPECT_EQ(rounds[0].packets.reordered, 1);
}

TEST_F(ShardRounds, ForgedAnswersAreCountedAndIgnored) {
  net->script = [&](const Outgoing& packet) {
    auto wrong_tag = FakeNetwork::bytes_of(packet);
    wrong_tag[0] = std::byte{0};
    wrong_tag[20] ^= std::byte{1};
    net->answer({.from = packet.to, .time_certain = true}, wrong_tag, kMs);
    auto other_slot = FakeNetwork::bytes_of(packet);
    other_slot[0] = std::byte{0};
    other_slot[8] = std::byte{0x7f};
    net->answer({.from = packet.to, .time_certain = true}, other_slot, kMs);
    net->echo(packet, kMs, v4(192, 0, 2, 66));  // from somebody else
    auto cut = FakeNetwork::bytes_of(packet);
    cut[0] = std::byte{0};
    cut.resize(20);
    net->answer({.from = packet.to, .time_certain = true}, cut, kMs);
    net->answer({.from = packet.to, .time_certain = true}, {}, kMs);
  };
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::lost);
  EXPECT_EQ(shard.stats().stray, 15U);
  EXPECT_EQ(shard.stats().malformed, 10U);
}

TEST_F(ShardRounds, IcmpErrorsMakeThemUnreachableWithTheReasonAtOnce) {
  net->script = [&](const Outgoing& packet) { net->error(packet, 3, 1, 24, 30 * kMs); };
  run_for(900 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::unreachable);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::host_unreachable);
  EXPECT_EQ(rounds[0].packets.lost(), 5);
}

TEST_F(ShardRounds, AnErrorThatQuotesEightBytesOnlyIsMatchedToo) {
  net->script = [&](const Outgoing& packet) { net->error(packet, 11, 0, 8, 30 * kMs); };
  run_for(900 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::ttl_exceeded);
}

TEST_F(ShardRounds, ForgedErrorsAreIgnored) {
  net->script = [&](const Outgoing& packet) {
    auto wrong_sequence = packet;
    wrong_sequence.header[7] ^= std::byte{0x55};
    net->error(wrong_sequence, 3, 1, 8, kMs);
    auto wrong_identifier = packet;
    wrong_identifier.header[5] ^= std::byte{0x55};
    net->error(wrong_identifier, 3, 1, 24, kMs);
    auto wrong_tag = packet;
    wrong_tag.header[23] ^= std::byte{1};
    net->error(wrong_tag, 3, 1, 24, kMs);
    net->echo(packet, 10 * kMs);
  };
  run_for(900 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
  EXPECT_EQ(shard.stats().errors, 0U);
}

TEST_F(ShardRounds, LossWhileTheQueueOverflowedIsNotMeasured) {
  net->script = [&](const Outgoing& packet) {
    if (number(packet) != 2) net->echo(packet, 10 * kMs);
  };
  run_for(500 * kMs);
  net->drops = 3;
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::not_measured);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::queue_dropped);
  EXPECT_EQ(shard.stats().queue_drops, 3U);
  run_for(10'000 * kMs);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[1].outcome, Outcome::partial) << "a later round is measured again";
}

TEST_F(ShardRounds, AnsweredInFullAreMeasuredWhateverTheQueueDropped) {
  net->script = [&](const Outgoing& packet) { net->echo(packet, 10 * kMs); };
  net->drops = 3;
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
}

TEST_F(ShardRounds, LossAcrossAStopOfTheProcessIsNotMeasured) {
  run_for(900 * kMs);  // all sent
  now += 5'000 * kMs;
  shard.tick({.steady = now, .wall = now});
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::not_measured);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::engine_late);
  EXPECT_EQ(shard.stats().stalls, 1U);
}

TEST_F(ShardRounds, AnswersThatWaitedInTheSocketDuringAStopCountInTime) {
  net->script = [&](const Outgoing& packet) { net->echo(packet, 100 * kMs); };
  run_for(815 * kMs);  // the last answer is under way
  now += 5'000 * kMs;
  shard.tick({.steady = now, .wall = now});
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
  EXPECT_FLOAT_EQ(rounds[0].rtt.maximum_ms, 100);
}

TEST_F(ShardRounds, NoVerdictFallsWhileAnswersMayStandUnreadInTheSocket) {
  net->script = [&](const Outgoing& packet) { net->echo(packet, 10 * kMs); };
  run_for(11 * kMs);
  net->flood = true;
  run_for(4'000 * kMs);
  EXPECT_TRUE(rounds.empty());
  net->flood = false;
  run_for(2 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
}

TEST_F(ShardRounds, WhatTheKernelDoesNotTakeIsNotMeasured) {
  net->status = SendStatus::failed;
  run_for(20 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::not_measured);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::send_failed);
  EXPECT_EQ(shard.stats().unsent, 1U);
  net->status = SendStatus::no_route;
  run_for(10'000 * kMs);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[1].reason, OutcomeReason::no_route);
}

TEST_F(ShardRounds, AnUncertainTimeCountsAsReceivedWithoutRtt) {
  net->script = [&](const Outgoing& packet) {
    auto data = FakeNetwork::bytes_of(packet);
    data[0] = std::byte{0};
    net->answer({.from = packet.to, .time_certain = number(packet) != 0}, data,
                number(packet) == 0 ? 999 * kMs : kMs);
  };
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
  EXPECT_EQ(rounds[0].packets.received, 5);
  EXPECT_FLOAT_EQ(rounds[0].rtt.maximum_ms, 1);
  EXPECT_EQ(shard.stats().untimed, 1U);
}

TEST_F(ShardRounds, AnUncertainSendTimeGivesNoRttEither) {
  net->send_time_certain = false;
  net->script = [&](const Outgoing& packet) {
    net->echo(packet, kMs);
    net->echo(packet, 2 * kMs);
  };
  run_for(3'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.received, 5);
  EXPECT_TRUE(std::isnan(rounds[0].rtt.median_ms));
  EXPECT_EQ(shard.stats().duplicates, 5U);
}

}  // namespace
}  // namespace faultline::packet
