// What the engine says when it is the probe host that fails: sockets with no room for the answers, and a
// thread that does not get to run. Real sockets on a loopback of the test's own.
#include "probes/packet/engine.h"
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_packet/rounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

namespace faultline::packet {
namespace {

using namespace std::chrono_literals;

std::vector<PacketTarget> loopback_targets(std::uint32_t count) {
  std::vector<PacketTarget> targets;
  for (std::uint32_t i = 0; i < count; ++i)
    targets.push_back(
        {.endpoint = {i},
         .settings = 0,
         .address = parse_address("127.7." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250))});
  return targets;
}

bool is_not_measured(const Round& round, OutcomeReason reason) {
  return round.outcome == Outcome::not_measured && round.reason == reason;
}

class StarvedEngine : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto problem = enter_own_network();
    if (!problem.empty()) GTEST_SKIP() << problem;
  }
  void TearDown() override {
    if (engine) engine->stop();
  }
  void probe(const PacketSettings& settings, std::uint32_t targets) {
    const auto done = engine->set_targets(std::span(&settings, 1), loopback_targets(targets));
    ASSERT_TRUE(done) << done.error().message;
  }
  Rounds rounds;
  std::unique_ptr<Engine> engine;
};

class SmallBuffer : public StarvedEngine, public ::testing::WithParamInterface<std::uint16_t> {};

// More than a dozen packets a tick, whose answers all stand in the socket before it is read again.
TEST_P(SmallBuffer, MakesRoundsNotMeasuredAndNoneLost) {
  engine = Engine::start({.receive_buffer_bytes = 1, .packets_per_prefix_ms = 1000}, rounds.sink())
               .value();  // the kernel's least: about 2 kB
  const PacketSettings settings{.interval = 400ms,
                                .spacing = 10ms,
                                .timeout = 100ms,
                                .late_horizon = 300ms,
                                .packets = 5,
                                .payload = GetParam()};
  probe(settings, 500);
  const auto dropped =
      rounds.wait_for(1, [](const Round& r) { return is_not_measured(r, OutcomeReason::queue_dropped); });
  EXPECT_GE(dropped.size(), 1U);
  const auto all = rounds.wait_for(1000);
  EXPECT_GE(all.size(), 1000U);
  EXPECT_GT(engine->stats().queue_drops, 0U);
  for (const auto& round : all)
    EXPECT_TRUE(round.outcome == Outcome::ok || round.outcome == Outcome::not_measured)
        << name(round.outcome);
}

INSTANTIATE_TEST_SUITE_P(Payloads, SmallBuffer, ::testing::Values(56, 8000));

// The sink is called on the shard's thread: one that does not return is a thread that does not run.
TEST_F(StarvedEngine, AThreadThatWasHeldUpLosesNothingAndMeasuresAgain) {
  std::atomic<bool> hold = false;
  const auto collect = rounds.sink();
  engine = Engine::start({}, [&](std::span<const Round> batch) {
             if (hold.exchange(false)) std::this_thread::sleep_for(1500ms);  // three times what is too long
             collect(batch);
           }).value();
  const PacketSettings settings{.interval = 500ms,
                                .spacing = 20ms,
                                .timeout = 200ms,
                                .late_horizon = 400ms,
                                .packets = 5,
                                .payload = 56};
  probe(settings, 300);
  ASSERT_GE(rounds.wait_for(600).size(), 600U);
  hold = true;
  const auto late =
      rounds.wait_for(1, [](const Round& r) { return is_not_measured(r, OutcomeReason::engine_late); });
  ASSERT_GE(late.size(), 1U);
  const auto resumed = std::max_element(late.begin(), late.end(), [](const Round& a, const Round& b) {
                         return a.finished < b.finished;
                       })->finished;
  const auto again = rounds.wait_for(
      600, [&](const Round& r) { return r.started > resumed + 500ms && r.outcome == Outcome::ok; });
  EXPECT_GE(again.size(), 600U);
  for (const auto& round : rounds.wait_for(1800))
    EXPECT_TRUE(round.outcome == Outcome::ok || round.outcome == Outcome::not_measured)
        << name(round.outcome) << " " << name(round.reason);
  EXPECT_GE(engine->stats().stalls, 1U);
}

}  // namespace
}  // namespace faultline::packet
