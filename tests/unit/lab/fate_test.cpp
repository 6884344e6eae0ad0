#include "tests/lab/fate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace faultline::lab {
namespace {

const Address kHost = *parse_address("10.16.0.1");

// Computed by a second implementation (Python): a change of these is a change of every recorded truth.
TEST(Fate, IsTheSameOnEveryMachine) {
  const HostProfile host = host_profile(1, kHost, Technology::gpon);
  EXPECT_EQ(host.base_ns, 3652000U);
  EXPECT_EQ(host.jitter_ns, 273900U);
  const Fate fate = fate_of(host_key(1, kHost), 0, host, {});
  EXPECT_EQ(fate.verdict, Verdict::answered);
  EXPECT_EQ(fate.delay_ns, 3995901U);
  EXPECT_EQ(fate.forward_ns, 2077868U);
}

TEST(Fate, DependsOnSeedAddressAndCount) {
  const HostProfile host = host_profile(1, kHost, Technology::lte);
  const std::uint64_t key = host_key(1, kHost);
  EXPECT_EQ(fate_of(key, 5, host, {}), fate_of(key, 5, host, {}));
  EXPECT_NE(fate_of(key, 5, host, {}), fate_of(key, 6, host, {}));
  EXPECT_NE(fate_of(key, 5, host, {}), fate_of(host_key(2, kHost), 5, host, {}));
  EXPECT_NE(key, host_key(1, *parse_address("10.16.0.2")));
  EXPECT_NE(host_key(1, *parse_address("10.16.0.1")), host_key(1, *parse_address("a10:1::")));
}

TEST(Fate, LosesAndDelaysAsMuchAsItWasTold) {
  const HostProfile host = host_profile(1, kHost, Technology::lte);
  Condition condition;
  condition.loss = share_of(0.1);
  condition.delay_ns = 40'000'000;
  constexpr std::uint32_t kPackets = 100'000;
  double lost = 0, delay = 0, forward = 0;
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    const Fate fate = fate_of(host_key(1, kHost), i, host, condition);
    lost += fate.verdict != Verdict::answered;
    forward += fate.verdict == Verdict::lost_forward;
    delay += static_cast<double>(fate.delay_ns);
    EXPECT_GE(fate.delay_ns, host.base_ns + 40'000'000U);
    EXPECT_LE(fate.delay_ns, host.base_ns + 40'000'000U + 4 * host.jitter_ns);
    EXPECT_LT(fate.forward_ns, fate.delay_ns);
  }
  EXPECT_NEAR(lost / kPackets, 0.101, 0.004);
  EXPECT_NEAR(forward / lost, 0.5, 0.02);
  EXPECT_NEAR(delay / kPackets, host.base_ns + 40e6 + host.jitter_ns, 0.02 * host.jitter_ns);
}

TEST(Fate, NothingComesBackFromASilentHost) {
  Condition condition;
  condition.silent = true;
  condition.odd.unreachable = 1;
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(fate_of(1, i, {}, condition).verdict, Verdict::silent);
}

TEST(Fate, AlwaysMeansAlways) {
  Condition condition;
  condition.loss = share_of(1.0);
  for (std::uint32_t i = 0; i < 10'000; ++i)
    EXPECT_NE(fate_of(1, i, {}, condition).verdict, Verdict::answered);
  condition.loss = 0;
  condition.odd.duplicate = share_of(1.0);
  for (std::uint32_t i = 0; i < 10'000; ++i) EXPECT_TRUE(fate_of(1, i, {}, condition).duplicate);
}

TEST(AddressTable, FindsEveryAddressAndNoOther) {
  std::vector<Address> addresses(200'000);
  for (std::uint32_t i = 0; i < addresses.size(); ++i) {
    addresses[i].v6 = i % 3 == 0;
    addresses[i].bytes = {10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                          static_cast<std::uint8_t>(i)};
  }
  AddressTable table;
  ASSERT_EQ(table.build(addresses), AddressTable::kNone);
  for (std::uint32_t i = 0; i < addresses.size(); ++i) {
    const auto* bytes = addresses[i].bytes.data();
    ASSERT_EQ(addresses[i].v6 ? table.find_v6(bytes) : table.find_v4(bytes), i);
    ASSERT_EQ(addresses[i].v6 ? table.find_v4(bytes) : table.find_v6(bytes), AddressTable::kNone);
  }
  EXPECT_EQ(table.find_v4(parse_address("9.0.0.1")->bytes.data()), AddressTable::kNone);
}

TEST(AddressTable, NamesTheFirstRepetition) {
  const std::vector<Address> addresses = {kHost, *parse_address("::1"), kHost};
  AddressTable table;
  EXPECT_EQ(table.build(addresses), 2U);
  EXPECT_EQ(table.find_v4(kHost.bytes.data()), 0U);
}

}  // namespace
}  // namespace faultline::lab
