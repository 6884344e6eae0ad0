// Sockets opened ahead, and an engine that uses them when the right to open more is gone. Real sockets on a
// loopback of the test's own, where the test has all capabilities.
#include "probes/packet/early_sockets.h"

#include "probes/packet/engine.h"
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_packet/reflector.h"
#include "tests/unit/probes_packet/rounds.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <set>
#include <stdexcept>

namespace faultline::packet {
namespace {

using namespace std::chrono_literals;
using wire::IpVersion;

// While it lives, its thread has no effective CAP_NET_RAW.
class WithoutNetRaw {
 public:
  WithoutNetRaw() {
    call(SYS_capget);
    auto less = had_;
    less[0].effective &= ~(1U << CAP_NET_RAW);
    std::swap(had_, less);
    call(SYS_capset);
    std::swap(had_, less);
  }
  ~WithoutNetRaw() { static_cast<void>(syscall(SYS_capset, &header_, had_.data())); }
  WithoutNetRaw(const WithoutNetRaw&) = delete;
  WithoutNetRaw& operator=(const WithoutNetRaw&) = delete;

 private:
  void call(long number) {
    if (syscall(number, &header_, had_.data()) != 0) throw std::runtime_error("no capability calls");
  }
  __user_cap_header_struct header_{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> had_{};
};

PacketSettings icmp(IcmpMode mode) {
  return {.mode = mode,
          .interval = 500ms,
          .spacing = 10ms,
          .timeout = 200ms,
          .late_horizon = 400ms,
          .packets = 3,
          .payload = 56};
}

PacketTarget target(std::uint32_t endpoint, std::uint16_t settings, std::string_view address) {
  return {.endpoint = {endpoint}, .settings = settings, .address = parse_address(address)};
}

class EarlySocketsOnLoopback : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto problem = enter_own_network();
    if (!problem.empty()) GTEST_SKIP() << problem;
    sockets = std::make_shared<EarlySockets>(EarlySockets::open(1, 1U << 20));
  }
  void TearDown() override {
    if (engine) engine->stop();
  }
  void start() { engine = Engine::start({.early_sockets = sockets}, rounds.sink()).value(); }
  void expect_good(std::uint32_t endpoint, bool on_demand = false) {
    const auto got = rounds.wait_for(
        1, [&](const Round& r) { return r.endpoint.value == endpoint && r.on_demand == on_demand; });
    ASSERT_GE(got.size(), 1U) << endpoint;
    EXPECT_EQ(got[0].outcome, Outcome::ok) << endpoint << ": " << name(got[0].reason);
  }
  std::shared_ptr<EarlySockets> sockets;
  Rounds rounds;
  std::unique_ptr<Engine> engine;
};

TEST_F(EarlySocketsOnLoopback, EveryShardHasTwoOfEachAndEachRawOneAnIdentifierOfItsOwn) {
  auto opened = EarlySockets::open(3, 1U << 20);
  std::set<std::uint16_t> identifiers;
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    EXPECT_EQ(opened.left(EarlyKind::udp, version), 6U);
    while (auto raw = opened.take(EarlyKind::raw_icmp, version)) {
      EXPECT_EQ(raw->gives_ip_header, version == IpVersion::v4);
      identifiers.insert(raw->identifier.value());
    }
  }
  EXPECT_EQ(identifiers.size(), 12U);
}

TEST_F(EarlySocketsOnLoopback, WithoutTheCapabilityThereIsNoRawOne) {
  const WithoutNetRaw without;
  auto opened = EarlySockets::open(1, 1U << 20);
  EXPECT_EQ(opened.left(EarlyKind::raw_icmp, IpVersion::v4), 0U);
  EXPECT_EQ(opened.left(EarlyKind::raw_icmp, IpVersion::v6), 0U);
  EXPECT_FALSE(opened.take(EarlyKind::raw_icmp, IpVersion::v4));
  EXPECT_EQ(opened.left(EarlyKind::udp, IpVersion::v4), 2U);
}

TEST_F(EarlySocketsOnLoopback, TheEngineProbesByThemWhenTheCapabilityIsGone) {
  const WithoutNetRaw without;
  start();
  const auto settings = icmp(IcmpMode::automatic);
  const std::array targets = {target(1, 0, "127.0.0.1"), target(2, 0, "::1")};
  const auto done = engine->set_targets(std::span(&settings, 1), targets);
  ASSERT_TRUE(done) << done.error().message;
  expect_good(1);
  expect_good(2);
  EXPECT_EQ(sockets->left(EarlyKind::raw_icmp, IpVersion::v4), 0U);
  ASSERT_TRUE(engine->burst({1}, 0, {.first = 3, .total = 3, .spacing = 10ms}));
  expect_good(1, true);
}

TEST_F(EarlySocketsOnLoopback, AReloadThatAddsIcmpToStampWorksAndModesShareTheSockets) {
  const WithoutNetRaw without;
  start();
  TestReflector reflector(
      parse_address("127.0.0.5").value(), wire::StampMode::unauthenticated,
      [](std::size_t, const auto& plain) { return std::vector<TestReflector::Reply>{plain}; });
  PacketSettings stamp = icmp(IcmpMode::automatic);
  stamp.protocol = Protocol::stamp;
  stamp.kind = 1;
  stamp.port = reflector.port();
  const std::array before = {target(1, 0, "127.0.0.5")};
  ASSERT_TRUE(engine->set_targets(std::span(&stamp, 1), before));
  expect_good(1);
  EXPECT_EQ(sockets->left(EarlyKind::udp, IpVersion::v4), 0U);

  const std::array settings = {stamp, icmp(IcmpMode::raw), icmp(IcmpMode::automatic)};
  const std::array after = {before[0], target(2, 1, "127.0.0.2"), target(3, 2, "127.0.0.3")};
  const auto done = engine->set_targets(settings, after);
  ASSERT_TRUE(done) << done.error().message;
  expect_good(2);
  expect_good(3);
  EXPECT_EQ(engine->stats().sockets, 8U) << "four for STAMP and four for ICMP";
}

TEST_F(EarlySocketsOnLoopback, WhatIsNotThereIsRefusedWithTheRemediesAndTheRestIsKept) {
  while (sockets->take(EarlyKind::raw_icmp, IpVersion::v6)) continue;
  const WithoutNetRaw without;
  start();
  const auto settings = icmp(IcmpMode::raw);
  const std::array targets = {target(1, 0, "127.0.0.1")};
  const auto done = engine->set_targets(std::span(&settings, 1), targets);
  ASSERT_FALSE(done);
  for (const auto* remedy : {"setcap cap_net_raw+ep", "net.ipv4.ping_group_range", "probe with stamp only"})
    EXPECT_NE(done.error().message.find(remedy), std::string::npos) << done.error().message;
  EXPECT_EQ(sockets->left(EarlyKind::raw_icmp, IpVersion::v4), 2U);
}

}  // namespace
}  // namespace faultline::packet
