// Flapping, maintenance, a blind probe host, missing results, reload and restart.
#include "tests/unit/rules_detect/world.h"

#include <gmock/gmock.h>

namespace faultline::detect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

void recover_fast(DetectRules& rules) {
  rules.recovery.duration = 5s;
  rules.recovery.rounds = 2;
}

class Flapping : public testing::Test {
 protected:
  // Down and up again within 20 s.
  Events flap() {
    Events events = world.go_down();
    for (int i = 0; i < 2; ++i, world.now += 5s)
      for (Event& event : world.send(world.packets(5, 0))) events.push_back(std::move(event));
    return events;
  }
  Events tick_for(Duration time) {
    Events events;
    for (const Timestamp end = world.now + time; world.now < end; world.now += 10s) {
      for (Event& event : world.send(world.packets(5, 0))) events.push_back(std::move(event));
      for (Event& event : world.tick()) events.push_back(std::move(event));
    }
    return events;
  }
  World world{recover_fast};
};

TEST_F(Flapping, BeginsAtTheThirdTimeInAMinuteAndIsToldOnce) {
  world.run_good(10);
  EXPECT_EQ(flap().size(), 5U);  // suspicion, bad, began, ended, recovered
  EXPECT_EQ(flap().size(), 5U);
  EXPECT_THAT(kinds(flap()),
              ElementsAre(EventKind::suspicion, EventKind::became_bad, EventKind::degradation_began));
  EXPECT_EQ(world.health().state, HealthState::flapping);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(kinds(flap()), ElementsAre(EventKind::suspicion));
  EXPECT_EQ(world.detector.degradations().size(), 1U);
  EXPECT_EQ(world.health().state, HealthState::flapping);
}

// The design has 3,000 as routers do; flap.enter is 2,000 since a loose contact is slower than a route.
TEST_F(Flapping, IsThreeFallsInTwentyMinutesAndNotInTwentyTwo) {
  for (const auto& [gap, flaps] : {std::pair{10min, true}, {11min, false}}) {
    World slow(recover_fast);
    slow.run_good(10);
    Timestamp fall = slow.now;
    for (int i = 0; i < 3; ++i, fall += gap) {
      for (; slow.now < fall; slow.now += 10s) slow.send(slow.packets(5, 0));
      ASSERT_FALSE(slow.health().state == HealthState::bad || slow.health().state == HealthState::flapping);
      slow.go_down();
    }
    EXPECT_EQ(slow.health().state == HealthState::flapping, flaps) << gap.count();
  }
}

TEST_F(Flapping, EndsAfterHalfAnHourOfQuiet) {
  world.run_good(10);
  for (int i = 0; i < 3; ++i) flap();
  EXPECT_THAT(tick_for(28min), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::flapping);
  EXPECT_THAT(kinds(tick_for(2min)), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_THAT(world.detector.degradations(), IsEmpty());
}

TEST_F(Flapping, EndsAfterAnHourAtMostAndStaysBadIfItIs) {
  world.run_good(10);
  for (int i = 0; i < 3; ++i) flap();
  const Timestamp begin = world.now;
  while (world.health().state == HealthState::flapping && world.now < begin + 2h) {
    for (int i = 0; i < 2; ++i, world.now += 5s) world.send(world.packets(5, 0));
    world.go_down();
    EXPECT_THAT(world.tick(), IsEmpty());
  }
  EXPECT_NEAR(to_seconds(world.now - begin), 3600, 60);
  EXPECT_EQ(world.health().state, HealthState::bad);
  EXPECT_EQ(world.detector.degradations().size(), 1U);
}

TEST_F(Flapping, GivesHalfTheEvidence) {
  world.run_good(10);
  for (int i = 0; i < 2; ++i) flap();
  world.go_down();
  world.send(world.packets(5, 5));
  EXPECT_FLOAT_EQ(world.health().evidence_nats, 5.8F);
}

TEST(Maintenance, EndsWhatWasBadAndIgnoresEverythingMeanwhile) {
  World world;
  world.run_good(10);
  world.go_down();
  Events events;
  world.detector.set_masked(world.a, true, world.now, events);
  EXPECT_THAT(kinds(events), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
  EXPECT_EQ(world.health().state, HealthState::masked);
  EXPECT_FALSE(world.health().clean);
  EXPECT_THAT(world.go_down(), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::masked);
  EXPECT_EQ(world.health().evidence_nats, 0);
  events.clear();
  world.detector.set_masked(world.a, false, world.now, events);
  EXPECT_THAT(events, IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::unknown);
  EXPECT_EQ(world.go_down().size(), 3U);  // still bad: found anew
}

TEST(BlindProbeHost, WithdrawsWhatItMadeUsBelieveOfItsOwnEndpoints) {
  World world;
  world.run_good(10);
  const Timestamp sick_since = world.now;
  world.go_down();
  ASSERT_EQ(world.health().state, HealthState::bad);
  Round other = world.packets(5, 5);
  other.endpoint = world.b;
  world.send(other);
  ASSERT_EQ(world.detector.health(world.b).state, HealthState::suspect);

  Events events;
  world.detector.discard_since(
      sick_since, world.now, [](EndpointIndex) { return false; }, events);
  EXPECT_THAT(events, IsEmpty());
  world.detector.discard_since(
      sick_since, world.now, [](EndpointIndex) { return true; }, events);
  EXPECT_THAT(kinds(events), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
  EXPECT_EQ(world.health().state, HealthState::unknown);
  EXPECT_EQ(world.detector.health(world.b).state, HealthState::unknown);
  world.run_good(3);
  EXPECT_EQ(world.health().state, HealthState::ok);
}

TEST(BlindProbeHost, LeavesAloneWhatWasKnownBefore) {
  World world;
  world.run_good(10);
  world.go_down();
  Events events;
  world.detector.discard_since(
      world.now, world.now, [](EndpointIndex) { return true; }, events);
  EXPECT_THAT(events, IsEmpty());
  EXPECT_EQ(world.detector.degradations().size(), 1U);
  world.send(world.packets(5, 5));
  EXPECT_EQ(world.health().state, HealthState::bad);
}

class Missing : public testing::Test {
 protected:
  Events wait(Duration time) {
    Events events;
    for (const Timestamp end = world.now + time; world.now < end; world.now += 1s)
      for (Event& event : world.tick()) events.push_back(std::move(event));
    return events;
  }
  World world;
};

TEST_F(Missing, IsUnknownAfterThreeIntervalsAndNeverBad) {
  world.run_good(60);
  EXPECT_THAT(wait(20s), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_THAT(wait(15s), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::unknown);
  EXPECT_FALSE(world.health().clean);
  world.run_good(1);
  EXPECT_EQ(world.health().state, HealthState::ok);
}

TEST_F(Missing, DoesNotEndWhatIsBad) {
  world.run_good(60);
  world.go_down();
  EXPECT_THAT(wait(1h), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::unknown);
  EXPECT_EQ(world.detector.degradations().size(), 1U);
  EXPECT_THAT(world.send(world.packets(5, 0)), IsEmpty());  // one good round after an hour is no recovery
  EXPECT_EQ(world.health().state, HealthState::bad);
}

TEST_F(Missing, AGapInTheMiddleOfARecoveryBeginsItAnew) {
  world.run_good(60);
  world.go_down();
  for (int i = 0; i < 3; ++i, world.now += 10s) EXPECT_THAT(world.send(world.packets(5, 0)), IsEmpty());
  wait(1h);
  ASSERT_EQ(world.health().state, HealthState::unknown);
  EXPECT_THAT(world.send(world.packets(5, 0)), IsEmpty());  // good before and after, unseen between
  EXPECT_EQ(world.health().state, HealthState::bad);
}

TEST_F(Missing, SurvivesAClockThatIsSetBackAnHour) {
  world.run_good(60);
  wait(5s);
  world.now -= 1h;
  EXPECT_THAT(wait(40s), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::unknown);
  world.run_good(20);
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_EQ(world.go_down().size(), 3U);
}

TEST_F(Missing, SurvivesAClockThatIsSetAheadAnHour) {
  world.run_good(60);
  world.now += 1h;
  EXPECT_THAT(world.tick(), IsEmpty());
  world.run_good(20);
  EXPECT_EQ(world.health().state, HealthState::ok);
}

TEST_F(Missing, AProbeThatIsGoneHasNoSayForEver) {
  for (int i = 0; i < 4; ++i, world.now += 30s) world.send(world.signal(-119));
  Round again = world.signal(-119);
  again.on_demand = true;
  world.send(again);
  ASSERT_TRUE(world.health().bad_in(Respect::signal));
  Events events;
  for (int i = 0; i < 400 && events.empty(); ++i, world.now += 10s) events = world.send(world.packets(5, 0));
  EXPECT_THAT(kinds(events), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
}

TEST(Reload, KeepsTheStateOfWhatStaysAndForgetsWhatIsGone) {
  World world;
  auto first = endpoints({"a", "b"});
  Detector detector(first, shipped_rules());
  Events events;
  for (const EndpointIndex e : {world.a, world.b})
    for (const bool on_demand : {false, true}) {
      Round round = world.packets(20, 20);
      round.endpoint = e;
      round.on_demand = on_demand;
      detector.on_round(round, events);
    }
  ASSERT_EQ(detector.degradations().size(), 2U);
  detector.set_topology(endpoints({"b", "c"}, first.get()));
  ASSERT_EQ(detector.all().size(), 3U);
  EXPECT_EQ(detector.degradations().size(), 1U);
  EXPECT_EQ(detector.health(world.b).state, HealthState::bad);
  EXPECT_EQ(detector.health(world.a).state, HealthState::unknown);
  Round late = world.packets(5, 5);
  events.clear();
  detector.on_round(late, events);  // still on its way when the endpoint was retired
  EXPECT_THAT(events, IsEmpty());
}

TEST(Restart, RestoresWhatWasOnWithoutAWord) {
  World before, after;
  before.run_good(10);
  before.go_down();
  const auto saved = before.detector.degradations();
  after.detector.restore(saved);
  EXPECT_EQ(after.detector.degradations().size(), 1U);
  EXPECT_EQ(after.detector.degradations()[0].evidence, saved[0].evidence);
  EXPECT_EQ(after.detector.degradations()[0].onset, saved[0].onset);
  // Bad until it is measured: else the first endpoint that is measured would look like the only bad one.
  EXPECT_EQ(after.health().state, HealthState::bad);
  after.now = before.now;
  EXPECT_THAT(after.send(after.packets(5, 5)), IsEmpty());
  EXPECT_EQ(after.health().state, HealthState::bad);
  EXPECT_EQ(after.health().onset, saved[0].onset);
  Events events;
  for (int i = 0; i < 14; ++i, after.now += 10s)
    for (Event& event : after.send(after.packets(5, 0))) events.push_back(event);
  EXPECT_THAT(kinds(events), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
}

TEST(Restart, IgnoresWhatHasEndedOrIsNotKnown) {
  World world;
  Degradation ended;
  ended.endpoint = world.a;
  ended.ended = world.now;
  Degradation unknown;
  unknown.endpoint = EndpointIndex{99};
  world.detector.restore(std::vector{ended, unknown});
  EXPECT_THAT(world.detector.degradations(), IsEmpty());
}

}  // namespace
}  // namespace faultline::detect
