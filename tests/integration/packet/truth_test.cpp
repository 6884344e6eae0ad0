// What the engine says of every round against what the virtual network did to its packets: every loss is a
// loss, every answer an answer, over both protocols and IP versions and whatever the share of losses.
#include "probes/packet/engine.h"
#include "tests/bench/probe_lab.h"

#include <gtest/gtest.h>

#include <cmath>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace faultline::packet {
namespace {

constexpr std::uint32_t kHosts = 200;
constexpr std::uint16_t kPackets = 10;
constexpr std::uint32_t kMostHeld = 3'000'000;  // 100 ns

struct Case {
  Protocol protocol;
  bool v6;
  double loss_ratio;
};

class TrueLoss : public testing::TestWithParam<Case> {};

// Rounds as they come; wakes who waits for enough of them.
class Rounds {
 public:
  void take(std::span<const Round> some) {
    const std::lock_guard lock(mutex_);
    all_.insert(all_.end(), some.begin(), some.end());
    more_.notify_all();
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [&] { return all_.size() >= count; });
  }
  std::vector<Round> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<Round> all_;
};

TEST_P(TrueLoss, IsWhatTheRoundsSay) {
  bench::HostPlan plan;
  plan.hosts = kHosts;
  plan.loss_ratio = GetParam().loss_ratio;
  plan.v6 = GetParam().v6;
  auto lab = bench::ProbeLab::start(plan);
  if (!lab) GTEST_SKIP() << lab.error().message;
  PacketSettings settings;
  settings.protocol = GetParam().protocol;
  settings.port = settings.protocol == Protocol::stamp ? 862 : 0;
  settings.interval = std::chrono::milliseconds(1500);
  settings.spacing = std::chrono::milliseconds(20);
  settings.timeout = std::chrono::milliseconds(1000);
  settings.packets = kPackets;
  Rounds rounds;
  auto engine = Engine::start({}, [&](std::span<const Round> some) { rounds.take(some); });
  ASSERT_TRUE(engine);
  std::vector<PacketTarget> targets;
  for (std::uint32_t i = 0; i < kHosts; ++i) targets.push_back({{i}, 0, parse_address((*lab)->address(i))});
  const auto set = (*engine)->set_targets(std::array{settings}, targets);
  if (!set) GTEST_SKIP() << set.error().message;
  rounds.wait_for(2 * kHosts);
  (*engine)->stop();
  (*lab)->stop();

  std::vector<std::uint32_t> next(kHosts);
  std::uint64_t measured = 0, sent = 0, lost = 0, truly_lost = 0;
  for (const Round& round : rounds.all()) {
    const auto host = round.endpoint.value;
    const auto first = std::exchange(next[host], next[host] + round.packets.sent);
    if (round.outcome == Outcome::not_measured) continue;  // a busy machine; nothing is claimed then
    std::uint32_t gone = 0;
    bool lab_was_held_up = false;
    for (std::uint32_t i = 0; i < round.packets.sent; ++i) {
      const auto truth = (*lab)->truth(host, first + i);
      if (!truth.answered) ++gone;
      lab_was_held_up |= truth.held_us10 > kMostHeld;
    }
    if (lab_was_held_up) continue;  // such an answer may be late
    EXPECT_EQ(round.packets.lost(), gone) << "host " << host << ", from packet " << first;
    ++measured;
    sent += round.packets.sent;
    lost += round.packets.lost();
    truly_lost += gone;
    EXPECT_EQ(round.packets.duplicates, 0);
  }
  EXPECT_EQ((*lab)->dropped(), 0U);
  EXPECT_EQ(lost, truly_lost);
  if (measured > kHosts) {
    const double expected = plan.loss_ratio * static_cast<double>(sent);
    EXPECT_NEAR(static_cast<double>(lost), expected, 5 * std::sqrt(expected) + 10) << "of " << sent;
  }
}

INSTANTIATE_TEST_SUITE_P(OverEverything, TrueLoss,
                         testing::Values(Case{Protocol::icmp, false, 0.001}, Case{Protocol::icmp, true, 0.05},
                                         Case{Protocol::stamp, false, 0.3},
                                         Case{Protocol::stamp, true, 0.01}),
                         [](const auto& one) {
                           return std::string(one.param.protocol == Protocol::icmp ? "icmp" : "stamp") +
                                  (one.param.v6 ? "_v6" : "_v4");
                         });

}  // namespace
}  // namespace faultline::packet
