// Radio signal and light, which are read again on suspicion, and service limits.
#include "tests/unit/rules_detect/world.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace faultline::detect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Signal : public testing::Test {
 protected:
  Events read(int readings, double rsrp_dbm, double sinr_db = 15) {
    std::normal_distribution<double> noise(0, 0.7);
    Events events;
    const auto send = [&](bool on_demand) {
      Round round = world.signal(rsrp_dbm + noise(random), sinr_db + noise(random));
      round.on_demand = on_demand;
      bool is_suspected = false;
      for (Event& event : world.send(round)) {
        is_suspected = is_suspected || event.kind == EventKind::suspicion;
        events.push_back(std::move(event));
      }
      return is_suspected;
    };
    for (int i = 0; i < readings; ++i, world.now += 30s)
      if (send(false) && answers_bursts) send(true);
    return events;
  }
  World world;
  std::mt19937 random{1};
  bool answers_bursts = true;  // a suspicion makes the modem be read again
};

TEST_F(Signal, AFadedCellIsBadWhenASecondReadingSaysSo) {
  EXPECT_THAT(read(100, -85), IsEmpty());
  const Timestamp onset = world.now;
  const Events events = read(2, -97);
  ASSERT_THAT(kinds(events),
              ElementsAre(EventKind::suspicion, EventKind::became_bad, EventKind::degradation_began));
  EXPECT_EQ(events[2].degradation->respect, Respect::signal);
  EXPECT_EQ(events[2].degradation->onset, onset);
  EXPECT_THAT(events[2].degradation->evidence, HasSubstr("RSRP -9"));
  EXPECT_THAT(events[2].degradation->evidence, HasSubstr("usually -8"));
  EXPECT_GT(world.health().evidence_nats, 0);
}

TEST_F(Signal, ASingleLowReadingIsNothing) {
  EXPECT_THAT(read(100, -85), IsEmpty());
  EXPECT_THAT(kinds(world.send(world.signal(-100))), ElementsAre(EventKind::suspicion));
  Round again = world.signal(-85);
  again.on_demand = true;
  EXPECT_THAT(world.send(again), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_THAT(read(20, -85), IsEmpty());
}

TEST_F(Signal, IsBelievedByItsOwnReadingsIfTheModemIsNotReadAgain) {
  answers_bursts = false;
  EXPECT_THAT(read(100, -85), IsEmpty());
  Events events;
  for (int i = 0; i < 15; ++i) {
    for (Event& event : read(1, -97)) events.push_back(std::move(event));
    for (Event& event : world.tick()) events.push_back(std::move(event));
  }
  EXPECT_TRUE(world.health().bad_in(Respect::signal));
  EXPECT_EQ(kinds(events).back(), EventKind::degradation_began);
}

TEST_F(Signal, RecoversInTheBand) {
  read(100, -85);
  read(15, -97);
  ASSERT_EQ(world.health().state, HealthState::bad);
  const Events events = read(10, -85);
  EXPECT_THAT(kinds(events), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
}

TEST_F(Signal, SmallChangesAreNothing) {
  read(100, -85);
  EXPECT_THAT(read(500, -88), IsEmpty());
}

TEST_F(Signal, BelowTheLimitFromTheBeginningIsBadAfterThreeOfFourReadings) {
  EXPECT_THAT(read(2, -119), IsEmpty());
  const Events events = read(1, -119);
  ASSERT_THAT(kinds(events),
              ElementsAre(EventKind::suspicion, EventKind::became_bad, EventKind::degradation_began));
  EXPECT_THAT(events[2].degradation->evidence, HasSubstr("limit -115.0 dBm"));
  EXPECT_EQ(events[2].degradation->onset, kBegin);
}

TEST_F(Signal, RecoversOnlyWellInsideTheLimit) {
  read(4, -119);
  EXPECT_THAT(read(20, -112), IsEmpty());  // a tenth inside is -103.5
  EXPECT_THAT(kinds(read(10, -100)), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
}

// A full link is a matter for the capacity list; whether it serves badly is seen by RTT and loss.
TEST_F(Signal, WhatIsLearntOnlyRaisesNothingAndHasABaseline) {
  Events events;
  for (int i = 0; i < 200; ++i, world.now += 30s) {
    Round round = world.signal(-85);
    round.add(Metric::utilisation, i < 100 ? 0.30F + 0.01F * static_cast<float>(i % 3) : 0.97F);
    round.add(Metric::traffic_bps, 1e9F);
    for (Event& event : world.send(round)) events.push_back(std::move(event));
    if (i != 99) continue;
    const auto usual = world.detector.expectation(world.a, kModem, Metric::utilisation, world.now);
    ASSERT_TRUE(usual);
    EXPECT_NEAR(usual->median, 0.31, 0.01);
  }
  EXPECT_THAT(events, IsEmpty());
  EXPECT_TRUE(world.health().clean);
}

// Where it is a counter that is polled, and not read again on suspicion.
TEST_F(Signal, ADimmedPortIsBad) {
  world.detector.set_rules(shipped_rules([](DetectRules& rules) {
    for (MetricRules& metrics : rules.metrics)
      metrics[static_cast<std::size_t>(Metric::optical_rx_dbm)].verified_by_burst = false;
  }));
  Events events;
  for (int i = 0; i < 120; ++i, world.now += 30s) {
    Round round = world.signal(-85);
    round.add(Metric::optical_rx_dbm, (i < 100 ? -18.0F : -21.0F) + 0.1F * static_cast<float>(i % 3));
    for (Event& event : world.send(round)) events.push_back(std::move(event));
  }
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::became_bad, EventKind::degradation_began));
  EXPECT_EQ(events[1].degradation->respect, Respect::signal);
  EXPECT_THAT(events[1].degradation->evidence, HasSubstr("received light -2"));
}

// A limit that is breached at this hour every day is chronic: reported, no cause for a page.
TEST(Limits, ABreachInsideTheUsualBandIsChronic) {
  World world([](DetectRules& rules) {
    for (MetricRules& metrics : rules.metrics)
      metrics[static_cast<std::size_t>(Metric::rtt_ms)].critical.reset();
  });
  world.run_good(200, 250);
  EXPECT_FALSE(world.detector.is_chronic(world.a));
  world.detector.set_rules(shipped_rules());
  world.run_good(10, 250);
  EXPECT_TRUE(world.detector.is_chronic(world.a));
  EXPECT_EQ(world.health().state, HealthState::ok);
}

TEST(Limits, ABreachOutsideTheBandAsksForABurstAndThatDecides) {
  World world;
  Events events;
  for (int i = 0; i < 4 && events.empty(); ++i, world.now += 10s)
    events = world.send(world.packets(5, 0, 300));
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::suspicion));  // no baseline yet: the limit alone
  EXPECT_THAT(kinds(world.send(world.burst(5, 0, 300))),
              ElementsAre(EventKind::became_bad, EventKind::degradation_began));
}

TEST(Limits, HoldForEveryTechnologyByItself) {
  World world([](DetectRules& rules) {
    rules.metrics[static_cast<std::size_t>(Technology::lte)][static_cast<std::size_t>(Metric::rtt_ms)]
        .critical = 400;
  });
  for (int i = 0; i < 10; ++i, world.now += 10s) EXPECT_THAT(world.send(world.packets(5, 0, 300)), IsEmpty());
}

}  // namespace
}  // namespace faultline::detect
