// Bursts: a round out of turn, by another identifier.
#include "tests/unit/probes_packet/shard_world.h"

namespace faultline::packet {
namespace {

class ShardBursts : public ShardTest {
 protected:
  void SetUp() override {
    use_icmp(icmp());
    slot = add(0, kHost, now + 9'000 * kMs);
  }
  std::uint32_t slot = 0;
};

TEST_F(ShardBursts, EndAfterTheFirstPacketsIfAllAreAnswered) {
  burst_net->script = [&](const Outgoing& packet) { burst_net->echo(packet, 40 * kMs); };
  shard.burst(slot, {});
  run_for(8'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_TRUE(rounds[0].on_demand);
  EXPECT_EQ(rounds[0].packets.sent, 5);
  EXPECT_EQ(rounds[0].outcome, Outcome::ok);
  EXPECT_TRUE(net->sent.empty()) << "bursts leave by another identifier";
  for (std::size_t i = 1; i < burst_net->sent.size(); ++i)
    EXPECT_EQ(burst_net->sent[i].sent_at - burst_net->sent[i - 1].sent_at, 150 * kMs);
}

TEST_F(ShardBursts, GoOnToTheFullNumberIfOneIsLost) {
  burst_net->script = [&](const Outgoing& packet) {
    if (burst_net->sent.size() != 2) burst_net->echo(packet, 40 * kMs);
  };
  shard.burst(slot, {});
  run_for(8'000 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].packets.sent, 20);
  EXPECT_EQ(rounds[0].packets.lost(), 1);
  EXPECT_EQ(rounds[0].outcome, Outcome::partial);
  EXPECT_LE(rounds[0].finished - rounds[0].started, 7s);
}

TEST_F(ShardBursts, LeaveTheScheduleAlone) {
  burst_net->script = [&](const Outgoing& packet) { burst_net->echo(packet, 40 * kMs); };
  net->script = [&](const Outgoing& packet) { net->echo(packet, 40 * kMs); };
  run_for(8'900 * kMs);
  shard.burst(slot, {});
  run_for(1'100 * kMs);
  ASSERT_EQ(net->sent.size(), 5U);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_NE(rounds[0].on_demand, rounds[1].on_demand);
}

TEST_F(ShardBursts, OneAtATimePerTargetAndAnotherAfterwards) {
  burst_net->script = [&](const Outgoing& packet) { burst_net->echo(packet, 40 * kMs); };
  shard.burst(slot, {});
  run_for(100 * kMs);
  shard.burst(slot, {});
  run_for(2'000 * kMs);
  EXPECT_EQ(rounds.size(), 1U);
  shard.burst(slot, {});
  run_for(2'000 * kMs);
  EXPECT_EQ(rounds.size(), 2U);
}

TEST_F(ShardBursts, WithoutAnAddressAreNotMeasuredAtOnce) {
  shard.set_address(slot, std::nullopt);
  shard.burst(slot, {});
  run_for(1 * kMs);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_TRUE(rounds[0].on_demand);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::name_unresolved);
}

TEST_F(ShardBursts, TooManyAtATimeAreRefusedAsCancelled) {
  for (std::uint32_t i = 1; i <= 9; ++i) shard.burst(add(i, v4(198, 51, 100, 1), now + 9'000 * kMs), {});
  run_for(1 * kMs);
  EXPECT_EQ(shard.stats().bursts_refused, 1U);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].reason, OutcomeReason::cancelled);
}

}  // namespace
}  // namespace faultline::packet
