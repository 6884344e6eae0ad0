// The engine over real sockets on the loopback of a network namespace of the test's own.
#include "probes/packet/engine.h"

#include "probes/packet/hmac.h"
#include "tests/unit/probes_packet/namespace_setup.h"
#include "tests/unit/probes_packet/reflector.h"
#include "tests/unit/probes_packet/rounds.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

namespace faultline::packet {
namespace {

using namespace std::chrono_literals;
using wire::StampMode;

// Waits until the engine's statistics fulfil the condition.
template <typename Condition>
EngineStats wait_for_stats(const Engine& engine, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  auto stats = engine.stats();
  while (!condition(stats) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
    stats = engine.stats();
  }
  return stats;
}

PacketSettings icmp() {
  return {.interval = 1s, .spacing = 10ms, .timeout = 300ms, .late_horizon = 1s, .packets = 5, .payload = 56};
}
PacketSettings stamp(std::uint16_t port) {
  return {.protocol = Protocol::stamp,
          .kind = 1,
          .interval = 1s,
          .spacing = 10ms,
          .timeout = 300ms,
          .late_horizon = 1s,
          .packets = 5,
          .payload = 44,
          .port = port};
}

using Replies = std::vector<TestReflector::Reply>;
Replies answer(std::size_t, const TestReflector::Reply& plain) {
  return {plain};
}

IpAddress address(std::string_view text) {
  return parse_address(text).value();
}

class EngineOnLoopback : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto problem = enter_own_network();
    if (!problem.empty()) GTEST_SKIP() << problem;
    engine = Engine::start({}, rounds.sink()).value();
  }
  void TearDown() override {
    if (engine) engine->stop();
  }
  void probe(const PacketSettings& settings, std::vector<PacketTarget> targets) {
    const auto done = engine->set_targets(std::span(&settings, 1), targets);
    ASSERT_TRUE(done) << done.error().message;
  }
  Rounds rounds;
  std::unique_ptr<Engine> engine;
};

class IcmpOnLoopback : public EngineOnLoopback,
                       public ::testing::WithParamInterface<std::tuple<const char*, IcmpMode>> {};

TEST_P(IcmpOnLoopback, IsAnsweredByTheKernelWithASmallRtt) {
  const auto [host, mode] = GetParam();
  if (mode == IcmpMode::unprivileged) {
    std::ofstream range("/proc/sys/net/ipv4/ping_group_range");
    range << "0 0" << std::flush;
    if (!range.good()) GTEST_SKIP() << "net.ipv4.ping_group_range cannot be set here";
  }
  auto settings = icmp();
  settings.mode = mode;
  settings.dscp = 46;
  probe(settings, {{.endpoint = {7}, .settings = 0, .address = address(host)}});
  const auto got = rounds.wait_for(2);
  ASSERT_GE(got.size(), 2U);
  for (const auto& round : got) {
    EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
    EXPECT_EQ(round.endpoint.value, 7U);
    EXPECT_EQ(round.packets.received, 5);
    EXPECT_GE(round.rtt.minimum_ms, 0);
    EXPECT_LT(round.rtt.minimum_ms, 5);
  }
  EXPECT_EQ(engine->stats().stray, 0U);
}

INSTANTIATE_TEST_SUITE_P(BothVersionsAndModes, IcmpOnLoopback,
                         ::testing::Combine(::testing::Values("127.3.2.1", "::1"),
                                            ::testing::Values(IcmpMode::raw, IcmpMode::unprivileged)));

TEST_F(EngineOnLoopback, ManyTargetsAreEachMeasuredAndNoneIsMistakenForAnother) {
  std::vector<PacketTarget> targets;
  for (std::uint32_t i = 0; i < 500; ++i)
    targets.push_back(
        {.endpoint = {i},
         .settings = 0,
         .address = address("127.1." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250))});
  probe(icmp(), targets);
  const auto got = rounds.wait_for(1000);
  ASSERT_GE(got.size(), 1000U);
  std::vector<int> seen(500);
  for (const auto& round : got) {
    ++seen[round.endpoint.value];
    if (round.outcome != Outcome::not_measured) {
      EXPECT_EQ(round.outcome, Outcome::ok);
    }
  }
  for (const auto count : seen) EXPECT_GE(count, 1);
  const auto stats = engine->stats();
  EXPECT_EQ(stats.duplicates + stats.stray + stats.malformed, 0U);
}

TEST_F(EngineOnLoopback, TheBigPacketIsAnsweredToo) {
  auto settings = icmp();
  settings.payload = 8000;
  probe(settings, {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.1")}});
  const auto got = rounds.wait_for(1);
  ASSERT_GE(got.size(), 1U);
  EXPECT_EQ(got[0].outcome, Outcome::ok);
}

TEST_F(EngineOnLoopback, WithoutARouteNothingIsCalledLost) {
  probe(icmp(), {{.endpoint = {1}, .settings = 0, .address = address("192.0.2.1")}});
  const auto got = rounds.wait_for(1);
  ASSERT_GE(got.size(), 1U);
  EXPECT_EQ(got[0].outcome, Outcome::not_measured);
  EXPECT_EQ(got[0].reason, OutcomeReason::no_route);
}

TEST_F(EngineOnLoopback, AMissingInterfaceIsASendFailure) {
  auto settings = icmp();
  settings.interface = "nosuch0";
  probe(settings, {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.1")}});
  const auto got = rounds.wait_for(1);
  ASSERT_GE(got.size(), 1U);
  EXPECT_EQ(got[0].reason, OutcomeReason::send_failed);
}

TEST_F(EngineOnLoopback, AnAddressThatTheResolverBringsLaterIsProbed) {
  probe(icmp(), {{.endpoint = {1}, .settings = 0, .address = {}}});
  const auto unresolved =
      rounds.wait_for(1, [](const Round& r) { return r.reason == OutcomeReason::name_unresolved; });
  ASSERT_GE(unresolved.size(), 1U);
  engine->set_address({1}, address("127.0.0.1"));
  EXPECT_GE(rounds.wait_for(1, [](const Round& r) { return r.outcome == Outcome::ok; }).size(), 1U);
}

TEST_F(EngineOnLoopback, AReloadLeavesUnchangedTargetsAndTheirScheduleAlone) {
  const PacketTarget kept{.endpoint = {1}, .settings = 0, .address = address("127.0.0.1")};
  probe(icmp(), {kept, {.endpoint = {2}, .settings = 0, .address = address("127.0.0.2")}});
  const auto first = rounds.wait_for(1, [](const Round& r) { return r.endpoint.value == 1; });
  probe(icmp(), {kept, {.endpoint = {3}, .settings = 0, .address = address("127.0.0.3")}});
  const auto later = rounds.wait_for(4, [](const Round& r) { return r.endpoint.value == 1; });
  ASSERT_GE(later.size(), 4U);
  for (std::size_t i = 1; i < later.size(); ++i)
    EXPECT_EQ((later[i].started - later[0].started + 500ms) / 1s, static_cast<long>(i));
  EXPECT_GE(rounds.wait_for(1, [](const Round& r) { return r.endpoint.value == 3; }).size(), 1U);
  EXPECT_EQ(engine->stats().targets, 2U);
}

TEST_F(EngineOnLoopback, ABurstMeasuresAtOnceBesideTheSchedule) {
  auto settings = icmp();
  settings.interval = 60s;
  probe(settings, {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.1")}});
  EXPECT_FALSE(engine->burst({2}, 0)) << "no such target";
  ASSERT_TRUE(engine->burst({1}, 0, {.first = 5, .total = 20, .spacing = 10ms}));
  const auto got = rounds.wait_for(1, [](const Round& r) { return r.on_demand; });
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].outcome, Outcome::ok);
  EXPECT_EQ(got[0].packets.sent, 5);
}

TEST_F(EngineOnLoopback, StampMeasuresAgainstAReflector) {
  for (const auto* host : {"127.0.0.5", "::1"}) {
    TestReflector reflector(address(host), StampMode::unauthenticated, answer);
    auto settings = stamp(reflector.port());
    settings.dscp = 10;
    probe(settings, {{.endpoint = {reflector.port()}, .settings = 0, .address = address(host)}});
    const auto got = rounds.wait_for(1, [&](const Round& r) { return r.endpoint.value == reflector.port(); });
    ASSERT_GE(got.size(), 1U);
    EXPECT_EQ(got[0].outcome, Outcome::ok);
    EXPECT_EQ(got[0].probe, 1);
    EXPECT_LT(got[0].rtt.minimum_ms, 5);
    EXPECT_EQ(reflector.size(), 44U);
    if (!address(host).is_v6) {
      EXPECT_EQ(reflector.traffic_class(), 10 << 2);
    }
  }
}

TEST_F(EngineOnLoopback, TheSourceAddressCanBeSet) {
  TestReflector reflector(address("127.0.0.5"), StampMode::unauthenticated, answer);
  auto settings = stamp(reflector.port());
  settings.source = address("127.9.9.9");
  settings.interface = "lo";
  probe(settings, {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.5")}});
  ASSERT_GE(rounds.wait_for(1).size(), 1U);
  const auto sender = reflector.sender_address();
  EXPECT_EQ(std::memcmp(&sender, settings.source->bytes.data(), 4), 0);
}

TEST_F(EngineOnLoopback, BurstsLeaveFromAnotherPort) {
  TestReflector reflector(address("127.0.0.5"), StampMode::unauthenticated, answer);
  probe(stamp(reflector.port()), {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.5")}});
  ASSERT_GE(rounds.wait_for(1).size(), 1U);
  const auto scheduled = reflector.sender_port();
  engine->burst({1}, 1, {.first = 1, .total = 1, .spacing = 10ms});
  std::uint16_t seen = scheduled;
  wait_for_stats(*engine, [&](const EngineStats&) {
    if (reflector.sender_port() != scheduled) seen = reflector.sender_port();
    return seen != scheduled;
  });
  EXPECT_NE(seen, scheduled);
}

TEST_F(EngineOnLoopback, AuthenticatedStampNeedsTheKeyOnBothSides) {
  const std::vector<std::byte> key(32, std::byte{9});
  TestReflector reflector(
      address("127.0.0.6"), StampMode::authenticated, [&](std::size_t number, auto plain) {
        const auto good = number < 5 ? key : std::vector<std::byte>(32, std::byte{8});
        const auto signature = ShortHmac(good).sign(std::span(plain).first(wire::kStampHmacOffset));
        std::copy(signature.begin(), signature.end(), plain.begin() + wire::kStampHmacOffset);
        return Replies{plain};
      });
  auto settings = stamp(reflector.port());
  settings.key = key;
  settings.payload = 112;
  probe(settings, {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.6")}});
  const auto got = rounds.wait_for(2);
  ASSERT_GE(got.size(), 2U);
  EXPECT_EQ(got[0].outcome, Outcome::ok);
  EXPECT_EQ(got[1].outcome, Outcome::lost);
  EXPECT_EQ(engine->stats().bad_authentication, 5U);
}

TEST_F(EngineOnLoopback, DuplicatedForgedTruncatedAndMissingRepliesAreToldApart) {
  TestReflector reflector(address("127.0.0.7"), StampMode::unauthenticated,
                          [](std::size_t number, const TestReflector::Reply& plain) {
                            auto forged = plain;
                            forged[35] ^= std::byte{1};
                            auto truncated = plain;
                            truncated.resize(30);
                            switch (number % 5) {
                              case 0:
                                return Replies{plain, plain};
                              case 1:
                                return Replies{forged, plain};
                              case 2:
                                return Replies{truncated, plain};
                              case 3:
                                return Replies{};
                              default:
                                return Replies{plain};
                            }
                          });
  probe(stamp(reflector.port()), {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.7")}});
  const auto got = rounds.wait_for(1);
  ASSERT_GE(got.size(), 1U);
  EXPECT_EQ(got[0].outcome, Outcome::partial);
  EXPECT_EQ(got[0].packets.received, 4);
  EXPECT_EQ(got[0].packets.lost(), 1);
  EXPECT_EQ(got[0].packets.duplicates, 1);
  const auto stats = engine->stats();
  EXPECT_EQ(stats.stray, 1U);
  EXPECT_EQ(stats.malformed, 1U);
}

TEST_F(EngineOnLoopback, AClosedUdpPortIsRefused) {
  std::uint16_t port = 0;
  {
    TestReflector closed(address("127.0.0.8"), StampMode::unauthenticated,
                         [](std::size_t, const auto&) { return Replies{}; });
    port = closed.port();
  }
  probe(stamp(port), {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.8")},
                      {.endpoint = {2}, .settings = 0, .address = address("::1")}});
  for (const std::uint32_t endpoint : {1U, 2U}) {
    const auto got = rounds.wait_for(1, [&](const Round& r) { return r.endpoint.value == endpoint; });
    ASSERT_GE(got.size(), 1U);
    EXPECT_EQ(got[0].outcome, Outcome::refused);
    EXPECT_EQ(got[0].reason, OutcomeReason::port_unreachable);
  }
}

TEST_F(EngineOnLoopback, OneTargetsIcmpErrorsDoNotDisturbTheOthers) {
  TestReflector reflector(address("127.0.0.9"), StampMode::unauthenticated, answer);
  std::vector<PacketTarget> targets{{.endpoint = {0}, .settings = 0, .address = address("127.0.0.9")}};
  for (std::uint32_t i = 1; i <= 40; ++i)  // nobody listens there
    targets.push_back({.endpoint = {i}, .settings = 0, .address = address("127.5.0." + std::to_string(i))});
  probe(stamp(reflector.port()), targets);
  const auto good = rounds.wait_for(3, [](const Round& r) { return r.endpoint.value == 0; });
  ASSERT_GE(good.size(), 3U);
  for (const auto& round : good) EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  const auto bad = rounds.wait_for(40, [](const Round& r) { return r.endpoint.value != 0; });
  for (const auto& round : bad) EXPECT_EQ(round.outcome, Outcome::refused) << name(round.reason);
}

TEST_F(EngineOnLoopback, StopsAtOnceAndCallsNobodyAfterwards) {
  probe(icmp(), {{.endpoint = {1}, .settings = 0, .address = address("127.0.0.1")}});
  ASSERT_GE(rounds.wait_for(1).size(), 1U);
  engine->stop();
  const auto sent = engine->stats().sent;
  engine->stop();
  EXPECT_EQ(engine->stats().sent, sent);
}

}  // namespace
}  // namespace faultline::packet
