#include "probes/packet/lost_packets.h"
#include "probes/packet/pacer.h"
#include "probes/packet/spread.h"
#include "probes/packet/target_list.h"
#include "probes/packet/target_table.h"
#include "probes/packet/wheel.h"
#include "tests/unit/probes_packet/fake_network.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace faultline::packet {
namespace {

std::vector<std::uint32_t> expired(Wheel& wheel, Nanos now) {
  std::vector<std::uint32_t> ids;
  wheel.expire(now, [&](std::uint32_t id) { ids.push_back(id); });
  return ids;
}

TEST(Wheel, ExpiresNeverEarlyAndWithinAGridLine) {
  Wheel wheel(0);
  wheel.resize(1);
  wheel.schedule(0, 5 * kMs + 1);
  EXPECT_TRUE(expired(wheel, 5 * kMs + 999'999).empty());
  EXPECT_EQ(expired(wheel, 6 * kMs).size(), 1U);
  EXPECT_TRUE(expired(wheel, 7 * kMs).empty());
}

TEST(Wheel, WhatIsDueInThePastExpiresAtTheNextLine) {
  Wheel wheel(100 * kMs);
  wheel.resize(1);
  wheel.schedule(0, 3 * kMs);
  EXPECT_EQ(expired(wheel, 101 * kMs).size(), 1U);
}

TEST(Wheel, ATurnLaterIsNotNow) {
  Wheel wheel(0, 16);
  wheel.resize(2);
  wheel.schedule(0, 5 * kMs);
  wheel.schedule(1, 21 * kMs);
  EXPECT_EQ(expired(wheel, 5 * kMs), std::vector<std::uint32_t>{0});
  EXPECT_TRUE(expired(wheel, 20 * kMs).empty());
  EXPECT_EQ(expired(wheel, 21 * kMs), std::vector<std::uint32_t>{1});
}

TEST(Wheel, AfterALongStopEverythingDueExpiresOnce) {
  Wheel wheel(0, 16);
  wheel.resize(3);
  for (std::uint32_t i = 0; i < 3; ++i) wheel.schedule(i, (1 + 20 * i) * kMs);
  EXPECT_EQ(expired(wheel, 30 * kMs).size(), 2U);
  EXPECT_EQ(expired(wheel, 1000 * kMs).size(), 1U);
  EXPECT_TRUE(expired(wheel, 5000 * kMs).empty());
}

TEST(Wheel, BehavesAsASortedListUnderRandomUse) {
  std::mt19937 random(7);
  Wheel wheel(0, 64);
  wheel.resize(50);
  std::map<std::uint32_t, Nanos> due;  // grid lines
  Nanos now = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto id = static_cast<std::uint32_t>(random() % 50);
    if (random() % 4 == 0) {
      wheel.cancel(id);
      due.erase(id);
    } else {
      const auto line = now / kMs + 1 + random() % 200;
      wheel.schedule(id, static_cast<Nanos>(line) * kMs);
      due[id] = static_cast<Nanos>(line);
    }
    if (random() % 3 != 0) continue;
    now += static_cast<Nanos>(random() % 90) * kMs;
    const auto ids = expired(wheel, now);
    std::set<std::uint32_t> expected;
    std::erase_if(due, [&](const auto& entry) {
      if (entry.second > now / kMs) return false;
      expected.insert(entry.first);
      return true;
    });
    ASSERT_EQ(std::set(ids.begin(), ids.end()), expected);
    ASSERT_EQ(ids.size(), expected.size());
  }
}

TEST(Wheel, KnowsWhenToWakeUp) {
  Wheel wheel(0);
  wheel.resize(1);
  EXPECT_EQ(wheel.next_due(10 * kMs), 10 * kMs);
  wheel.schedule(0, 4 * kMs);
  EXPECT_EQ(wheel.next_due(10 * kMs), 4 * kMs);
}

// Else a table of them becomes one long list: 10,000 hosts of one /64 made a STAMP packet cost four times as
// much.
TEST(AddressHash, SpreadsNeighboursOverTheLowBits) {
  for (const char* first : {"10.0.0.0", "fd00:fa:17::", "2001:db8:1:2:3::"}) {
    auto address = *parse_address(first);
    std::set<std::uint64_t> places;
    for (std::uint32_t host = 0; host < 10'000; ++host) {
      const std::size_t last = address.is_v6 ? 15 : 3;
      address.bytes[last - 1] = static_cast<std::uint8_t>(host >> 8U);
      address.bytes[last] = static_cast<std::uint8_t>(host);
      places.insert(hash(address, 42) % 16'384);
    }
    EXPECT_GT(places.size(), 7'000U) << first;  // 7,490 are expected of a perfect one
  }
}

TEST(Pacer, CountsPerPrefixAndMillisecond) {
  Pacer pacer(2);
  EXPECT_TRUE(pacer.admit(v4(10, 0, 0, 1), 5 * kMs));
  EXPECT_TRUE(pacer.admit(v4(10, 0, 0, 2), 5 * kMs));
  EXPECT_FALSE(pacer.admit(v4(10, 0, 0, 3), 5 * kMs + 900'000));
  EXPECT_TRUE(pacer.admit(v4(10, 0, 1, 3), 5 * kMs)) << "another /24";
  EXPECT_TRUE(pacer.admit(v4(10, 0, 0, 3), 6 * kMs)) << "the next millisecond";
}

TEST(Spread, PutsEveryTargetOnAPlaceOfItsOwnExactlyOneNthApart) {
  for (const std::uint32_t count : {1U, 2U, 3U, 10U, 64U, 997U, 1000U}) {
    std::set<Nanos> offsets;
    for (std::uint32_t i = 0; i < count; ++i) offsets.insert(spread_offset(i, count, 10'000 * kMs));
    ASSERT_EQ(offsets.size(), count);
    std::uint32_t position = 0;
    for (const auto offset : offsets)
      EXPECT_EQ(offset, static_cast<Nanos>(10'000'000'000ULL * position++ / count)) << count;
  }
}

TEST(Spread, KeepsNeighboursApart) {
  constexpr std::uint32_t kCount = 300;
  for (std::uint32_t i = 0; i + 1 < kCount; ++i) {
    const auto gap = std::abs(static_cast<int>(spread_position(i, kCount)) -
                              static_cast<int>(spread_position(i + 1, kCount)));
    EXPECT_GT(std::min<int>(gap, kCount - gap), kCount / 5);
  }
}

TEST(Spread, AMillionTargetsAnHourDoNotOverflow) {
  const Nanos hour = 3'600'000 * kMs;
  for (const std::uint32_t i : {0U, 500'000U, 999'999U}) {
    EXPECT_GE(spread_offset(i, 1'000'000, hour), 0);
    EXPECT_LT(spread_offset(i, 1'000'000, hour), hour);
  }
}

TEST(Spread, LateJoinersFallIntoTheInterval) {
  std::set<Nanos> thirds;
  for (std::uint32_t n = 0; n < 6; ++n) {
    const auto offset = late_joiner_offset(n, 9'000 * kMs);
    ASSERT_GE(offset, 0);
    ASSERT_LT(offset, 9'000 * kMs);
    thirds.insert(offset / (3'000 * kMs));
  }
  EXPECT_EQ(thirds.size(), 3U);
}

TEST(TargetTable, FindsEveryTargetOfAnAddressUnderRandomUse) {
  std::mt19937 random(3);
  TargetTable table(5);
  table.resize(200);
  std::map<std::uint32_t, IpAddress> known;
  for (int step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(random() % 200);
    if (random() % 3 == 0) {
      table.set_address(slot, nullptr);
      known.erase(slot);
    } else {
      const auto address = v4(10, 0, 0, static_cast<std::uint8_t>(random() % 40));
      table.set_address(slot, &address);
      known[slot] = address;
    }
    if (step % 50 != 0) continue;
    for (int last = 0; last < 40; ++last) {
      const auto address = v4(10, 0, 0, static_cast<std::uint8_t>(last));
      std::set<std::uint32_t> found, expected;
      table.find(address, [&](std::uint32_t s) { return !found.insert(s).second; });
      for (const auto& [s, a] : known)
        if (a == address) expected.insert(s);
      ASSERT_EQ(found, expected);
    }
  }
}

TEST(TargetTable, CellsOfTargetsDoNotOverlapAndAreUsedAgain) {
  TargetTable table(1);
  table.resize(3);
  table.occupy(0, 5);
  table.occupy(1, 5);
  table.cells(table[0]).rtt[4] = 77;
  table.cells(table[1]).sent[0] = 88;
  EXPECT_EQ(table.cells(table[0]).rtt[4], 77U);
  const auto cells = table[0].cells;
  table.vacate(0);
  table.occupy(2, 5);
  EXPECT_EQ(table[2].cells, cells);
}

TEST(LostPackets, AreFoundOnceAndForgottenInTime) {
  LostPackets lost(4096);
  std::map<std::pair<std::uint32_t, std::uint32_t>, Nanos> model;
  std::mt19937 random(7);
  const auto draw = [&](std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); };
  for (Nanos now = 1; now < 30'000; ++now) {
    const auto slot = draw(50), sequence = static_cast<std::uint32_t>(now);
    lost.add({.sent_at = now, .endpoint = {}, .slot = slot, .sequence = sequence});
    model[{slot, sequence}] = now;
    const auto asked = std::pair(draw(50), static_cast<std::uint32_t>(now) - draw(3000));
    const auto found = lost.take(asked.first, asked.second);
    const auto expected = model.find(asked);
    ASSERT_EQ(found.has_value(), expected != model.end());
    if (found) {
      EXPECT_EQ(found->sent_at, expected->second);
      model.erase(expected);
    }
    if (now % 500 != 0) continue;
    lost.forget(now - 2000);
    std::erase_if(model, [&](const auto& one) { return one.second < now - 2000; });
    ASSERT_EQ(lost.size(), model.size());
  }
  EXPECT_GT(model.size(), 1000U);
}

TEST(LostPackets, NeverHoldMoreThanTheirLimitAndLoseTheOldest) {
  LostPackets lost(1024);
  for (std::uint32_t i = 0; i < 5000; ++i) lost.add({.sent_at = i, .endpoint = {}, .slot = 1, .sequence = i});
  EXPECT_EQ(lost.size(), 1024U);
  EXPECT_FALSE(lost.take(1, 3975));
  EXPECT_TRUE(lost.take(1, 3976));
  EXPECT_TRUE(lost.take(1, 4999));
  EXPECT_FALSE(lost.take(1, 4999));
}

class TargetLists : public ::testing::Test {
 protected:
  static TargetList::Wanted target(std::uint32_t endpoint, std::uint16_t settings = 0,
                                   std::uint8_t last = 1) {
    return {.endpoint = {endpoint}, .kind = 0, .settings = settings, .address = v4(10, 0, 0, last)};
  }
  TargetList list{1, 8, {1, 2}};
};

TEST_F(TargetLists, AnEqualListIsNoDifference) {
  EXPECT_EQ(list.replace({target(1), target(2)}).added.size(), 2U);
  const auto again = list.replace({target(2), target(1)});
  EXPECT_TRUE(again.added.empty() && again.removed.empty() && again.moved.empty());
}

TEST_F(TargetLists, OnlyWhatChangedIsTouched) {
  list.replace({target(1), target(2), target(3), target(4)});
  const auto kept_slot = list.find({2}, 0)->slot;
  const auto freed_slot = list.find({1}, 0)->slot;
  const auto change = list.replace({target(2), target(3, 0, 9), target(4, 1), target(5)});
  ASSERT_EQ(change.removed.size(), 2U) << "1 is gone, 4 has other settings";
  ASSERT_EQ(change.added.size(), 2U);
  ASSERT_EQ(change.moved.size(), 1U);
  EXPECT_EQ(change.moved[0].first.endpoint.value, 3U);
  EXPECT_EQ(list.find({2}, 0)->slot, kept_slot);
  EXPECT_TRUE(change.added[0].slot == freed_slot || change.added[1].slot == freed_slot)
      << "slots are used again";
  EXPECT_EQ(list.find({1}, 0), nullptr);
}

TEST_F(TargetLists, OfTwoEqualTargetsTheLastCounts) {
  const auto change = list.replace({target(1, 0), target(1, 3)});
  ASSERT_EQ(change.added.size(), 1U);
  EXPECT_EQ(change.added[0].settings, 3);
}

TEST_F(TargetLists, AnAddressGivenBesideTheListIsReplacedByTheListsOwn) {
  list.replace({target(1)});
  list.set_address({1}, v4(10, 0, 0, 77));
  EXPECT_EQ(list.replace({target(1)}).moved.size(), 1U);
  EXPECT_TRUE(list.replace({target(1)}).moved.empty());
}

TEST_F(TargetLists, ATargetWithoutAddressKeepsTheOneItHas) {
  list.replace({target(1)});
  auto unnamed = target(1);
  unnamed.address.reset();
  const auto change = list.replace({unnamed});
  EXPECT_TRUE(change.added.empty() && change.removed.empty() && change.moved.empty());
}

}  // namespace
}  // namespace faultline::packet
