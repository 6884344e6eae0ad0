// When a shard sends, and what it does when it cannot.
#include "tests/unit/probes_packet/shard_world.h"

#include <map>

namespace faultline::packet {
namespace {

using ShardSchedule = ShardTest;

TEST_F(ShardSchedule, StartNumberNIsExactlyT0PlusNIntervals) {
  const Nanos t0 = now + 500 * kMs;
  add(0, kHost, t0);
  net->script = [&](const Outgoing& packet) { net->echo(packet, 5 * kMs); };
  run_for(60'000 * kMs);
  ASSERT_EQ(net->sent.size(), 6U * 5U);
  for (std::size_t i = 0; i < net->sent.size(); ++i) {
    const auto round = static_cast<Nanos>(i / 5), packet = static_cast<Nanos>(i % 5);
    EXPECT_EQ(net->sent[i].sent_at, t0 + round * 10'000 * kMs + packet * 200 * kMs);
  }
}

TEST_F(ShardSchedule, AFirstStartInThePastMovesOnByWholeIntervals) {
  const Nanos t0 = now - 25'000 * kMs;
  add(0, kHost, t0);
  run_for(10'000 * kMs);
  ASSERT_FALSE(net->sent.empty());
  EXPECT_EQ(net->sent[0].sent_at, t0 + 30'000 * kMs);
}

TEST_F(ShardSchedule, OnePrefixGetsNoMoreThanItsShareInAMillisecond) {
  for (std::uint32_t i = 0; i < 200; ++i) add(i, v4(192, 0, 2, static_cast<std::uint8_t>(i)), now + 5 * kMs);
  run_for(50 * kMs);
  std::map<Nanos, int> by_millisecond;
  for (const auto& packet : net->sent) ++by_millisecond[packet.sent_at / kMs];
  EXPECT_EQ(net->sent.size(), 200U);
  for (const auto& [millisecond, count] : by_millisecond) EXPECT_LE(count, 64);
}

TEST_F(ShardSchedule, AStartThatCannotBeKeptIsNotMeasured) {
  add(0, kHost, now + 10 * kMs);
  now += 3'000 * kMs;  // the process did not run
  shard.tick({.steady = now, .wall = now});
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].outcome, Outcome::not_measured);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::engine_late);
  EXPECT_TRUE(net->sent.empty());
  run_for(8'000 * kMs);
  EXPECT_EQ(net->sent.size(), 5U) << "the next start is in its place again";
}

TEST_F(ShardSchedule, ALongStopGivesOneUnmeasuredRoundAndTheNextStartInItsPlace) {
  const Nanos t0 = now + 10 * kMs;
  add(0, kHost, t0);
  now += 37'000 * kMs;
  shard.tick({.steady = now, .wall = now});
  run_until(t0 + 40'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::engine_late);
  ASSERT_EQ(net->sent.size(), 1U);
  EXPECT_EQ(net->sent[0].sent_at, t0 + 40'000 * kMs);
}

TEST_F(ShardSchedule, AnEndpointWithoutAddressIsNotMeasuredAndMeasuredOnceItHasOne) {
  const auto slot = add(0, std::nullopt, now + 10 * kMs);
  run_for(100 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::name_unresolved);
  shard.set_address(slot, kHost);
  net->script = [&](const Outgoing& packet) { net->echo(packet, 1 * kMs); };
  run_for(12'000 * kMs);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[1].outcome, Outcome::ok);
}

TEST_F(ShardSchedule, AnotherAddressGivesUpTheRoundInProgress) {
  const auto slot = add(0, kHost, now + 10 * kMs);
  run_for(300 * kMs);
  shard.set_address(slot, v4(192, 0, 2, 9));
  run_for(1 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::cancelled);
}

TEST_F(ShardSchedule, ARemovedTargetIsNeitherSentToNorHeardOfAgain) {
  const auto slot = add(0, kHost, now + 10 * kMs);
  net->script = [&](const Outgoing& packet) { net->echo(packet, 100 * kMs); };
  run_for(20 * kMs);
  shard.remove(slot);
  run_for(30'000 * kMs);
  EXPECT_EQ(net->sent.size(), 1U);
  EXPECT_TRUE(rounds.empty());
  EXPECT_EQ(shard.stats().stray, 1U);
}

TEST(ShardMemory, ATargetStaysWithinItsBudget) {
  // Target, wheel line and entries, two index places, listed target, two cells for each of five packets.
  EXPECT_LE(sizeof(Target) + 4 + 3 * 8 + 2 * 4 + 32 + 5 * 8, 250U);
}

}  // namespace
}  // namespace faultline::packet
