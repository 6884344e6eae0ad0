#include "rules/detect/detector.h"

#include "tests/unit/rules_detect/world.h"

#include <gmock/gmock.h>

namespace faultline::detect {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Detector, IsUnknownUntilTheFirstResultAndThenOk) {
  World world;
  EXPECT_EQ(world.health().state, HealthState::unknown);
  EXPECT_FALSE(world.health().clean);
  world.run_good(1);
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_TRUE(world.health().clean);
  EXPECT_LT(world.health().evidence_nats, 0);
}

// A sibling's trouble may ask for a burst before the first round has come: the 8 s to that round are no
// interval.
TEST(Detector, ABurstBeforeTheFirstRoundTeachesNoInterval) {
  World world;
  world.send(world.burst(5, 0));
  world.now += 8s;
  for (int i = 0; i < 3; ++i, world.now += 60s) world.send(world.packets(5, 0));
  Events events;
  world.detector.on_tick(world.now - 6s, events);  // 54 s after the last one
  EXPECT_EQ(world.health().state, HealthState::ok);
}

TEST(Detector, LearnsALongerInterval) {
  World world;
  world.run_good(10);
  for (int i = 0; i < 4; ++i, world.now += 600s) world.send(world.packets(5, 0));
  Events events;
  world.detector.on_tick(world.now, events);
  EXPECT_EQ(world.health().state, HealthState::ok);
}

TEST(Detector, NotMeasuredIsNeverLost) {
  World world;
  world.run_good(5);
  const OutcomeReason own[] = {OutcomeReason::no_route,    OutcomeReason::name_unresolved,
                               OutcomeReason::engine_late, OutcomeReason::queue_dropped,
                               OutcomeReason::send_failed, OutcomeReason::device_gone,
                               OutcomeReason::cancelled};
  const Timestamp measured = world.health().measured;
  for (int i = 0; i < 50; ++i, world.now += 1s) {
    Round round = world.packets(5, 5);
    round.outcome = Outcome::not_measured;
    EXPECT_THAT(world.send(round), IsEmpty());
    round.outcome = Outcome::malformed;
    EXPECT_THAT(world.send(round), IsEmpty());
    round.outcome = Outcome::lost;
    round.reason = own[i % 7];
    EXPECT_THAT(world.send(round), IsEmpty());
  }
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_EQ(world.health().measured, measured);
}

TEST(Detector, AsksForABurstAtOnceWhenARoundLosesAllAndBelievesItAfterwards) {
  World world;
  world.run_good(10);
  const Timestamp onset = world.now;
  EXPECT_THAT(kinds(world.send(world.packets(5, 5))), ElementsAre(EventKind::suspicion));
  EXPECT_EQ(world.health().state, HealthState::suspect);
  EXPECT_EQ(world.health().onset, onset);
  world.now += 4s;
  const Events events = world.send(world.burst(20, 20));
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::became_bad, EventKind::degradation_began));
  EXPECT_EQ(events[1].degradation->respect, Respect::reachability);
  EXPECT_EQ(events[1].degradation->onset, onset);
  EXPECT_EQ(events[1].degradation->evidence, "25 of 25 packets lost since 10:01:40");
  EXPECT_EQ(world.health().state, HealthState::bad);
  EXPECT_TRUE(world.health().bad_in(Respect::reachability));
  EXPECT_FLOAT_EQ(world.health().evidence_nats, 11.6F);
  EXPECT_FLOAT_EQ(world.health().loss_ratio, 1);
}

TEST(Detector, DropsASuspicionThatTheBurstDoesNotConfirm) {
  World world;
  world.run_good(10);
  world.send(world.packets(5, 5));
  world.now += 2s;
  EXPECT_THAT(world.send(world.burst(5, 0)), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_EQ(world.health().onset, Timestamp{});
  EXPECT_EQ(world.detector.degradations().size(), 0U);
}

TEST(Detector, OneLostPacketIsNeitherSuspectNorFitToBeHealthyEvidence) {
  World world;
  world.run_good(10);
  EXPECT_THAT(world.send(world.packets(10, 1)), IsEmpty());
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_FALSE(world.health().clean);
  EXPECT_GT(world.health().evidence_nats, 0);
}

struct BurstCase {
  int lost;
  bool backed;  // rounds before have said the same
  bool is_bad;
};
class BurstVerdict : public testing::TestWithParam<BurstCase> {};
TEST_P(BurstVerdict, FollowsTheNumberOfLostPackets) {
  World world;
  world.run_good(10);
  if (GetParam().backed) world.send(world.packets(10, 4));  // capped at 6 nats
  world.now += 4s;
  world.send(world.burst(20, GetParam().lost));
  EXPECT_EQ(world.health().state == HealthState::bad, GetParam().is_bad);
}
INSTANTIATE_TEST_SUITE_P(Table, BurstVerdict,
                         testing::Values(BurstCase{0, true, false}, BurstCase{1, true, false},
                                         BurstCase{2, true, true}, BurstCase{2, false, false},
                                         BurstCase{4, false, false}, BurstCase{5, false, true},
                                         BurstCase{20, false, true}));

TEST(Detector, CallsPartialLossLossAndNotUnreachable) {
  World world;
  world.run_good(10);
  world.send(world.packets(10, 4));
  world.now += 4s;
  const Events events = world.send(world.burst(20, 8));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].degradation->respect, Respect::loss);
  EXPECT_NEAR(world.health().loss_ratio, 0.4, 0.01);
}

// Before something opens its members must be bad beyond doubt (burst.confirm_nats): 2 of 20 lost is what a
// good path shows now and then.
TEST(Detector, IsBetterWhenARoundShowsItWithDoubtOnly) {
  World world;
  world.run_good(10);
  world.send(world.packets(10, 4));
  world.send(world.burst(20, 8));
  ASSERT_TRUE(world.health().bad_in(Respect::loss));
  ASSERT_FALSE(world.health().better);
  for (const auto& [lost, better] : {std::pair{2, true}, {3, true}, {4, false}, {20, false}}) {
    world.send(world.burst(20, lost));
    EXPECT_EQ(world.health().better, better) << lost;
    EXPECT_EQ(world.health().state, HealthState::bad) << lost;
    world.now += 10s;
  }
}

TEST(Detector, StaysBadUntilEveryRoundWasGoodForTheRecoveryTime) {
  World world;
  world.run_good(10);
  world.go_down();
  const Timestamp repaired = world.now;
  Events events;
  int rounds = 0;
  while (events.empty() && rounds < 30) {
    EXPECT_EQ(world.health().state, HealthState::bad);
    events = world.send(world.packets(5, 0));
    world.now += 10s;
    ++rounds;
  }
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::degradation_ended, EventKind::recovered));
  EXPECT_EQ(events[0].degradation->ended, repaired);
  EXPECT_EQ(rounds, 13);  // 120 s
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_EQ(world.health().respects, 0);
  EXPECT_TRUE(world.health().clean);
}

TEST(Detector, BeginsTheRecoveryAnewAfterABadRound) {
  World world;
  world.run_good(10);
  world.go_down();
  for (int i = 0; i < 11; ++i, world.now += 10s) EXPECT_THAT(world.send(world.packets(5, 0)), IsEmpty());
  // Two of five lost: it can be reached, but it is not well.
  EXPECT_THAT(kinds(world.send(world.packets(5, 2))), ElementsAre(EventKind::degradation_began));
  world.now += 10s;
  EXPECT_THAT(kinds(world.send(world.packets(5, 0))), ElementsAre(EventKind::degradation_ended));
  EXPECT_EQ(world.health().state, HealthState::bad);
  EXPECT_FALSE(world.health().bad_in(Respect::reachability));
  EXPECT_TRUE(world.health().bad_in(Respect::loss));
  world.now += 10s;
  for (int i = 0; i < 11; ++i, world.now += 10s) EXPECT_THAT(world.send(world.packets(5, 0)), IsEmpty());
  EXPECT_THAT(kinds(world.send(world.packets(5, 0))),
              ElementsAre(EventKind::degradation_ended, EventKind::recovered));
}

TEST(Detector, NeedsAsManyGoodRoundsAsTheRulesSayHoweverLongTheyTake) {
  World world([](DetectRules& rules) {
    rules.recovery.duration = 0s;
    rules.recovery.rounds = 3;
  });
  world.run_good(10);
  world.go_down();
  for (int i = 0; i < 2; ++i, world.now += 10s) EXPECT_THAT(world.send(world.packets(5, 0)), IsEmpty());
  EXPECT_FALSE(world.send(world.packets(5, 0)).empty());
  EXPECT_EQ(world.health().state, HealthState::ok);
}

TEST(Detector, AsksAgainForABurstThatDoesNotComeAndThenGoesByTheRounds) {
  World world;
  world.run_good(10);
  EXPECT_THAT(kinds(world.send(world.packets(5, 2))), ElementsAre(EventKind::suspicion));
  int asked = 1;
  for (int s = 0; s < 200; ++s) {
    world.now += 1s;
    for (const Event& event : world.tick()) asked += event.kind == EventKind::suspicion;
  }
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(world.health().state, HealthState::unknown);  // and no round came either
  Events events;
  for (int i = 0; i < 6; ++i, world.now += 10s) {
    for (Event& event : world.send(world.packets(5, 2))) events.push_back(event);
    for (int s = 0; s < 10; ++s, world.now += 1s)
      for (Event& event : world.tick()) events.push_back(event);
    world.now -= 10s;
  }
  EXPECT_EQ(world.health().state, HealthState::bad);
  EXPECT_EQ(kinds(events).back(), EventKind::degradation_began);
}

TEST(Detector, AsksLessAndLessOftenWhenBurstsKeepComingBackClean) {
  World world;
  world.run_good(10);
  int asked = 0;
  for (int i = 0; i < 360; ++i, world.now += 10s) {  // an hour in which every second round loses two of five
    const Events events = world.send(world.packets(5, i % 2 == 0 ? 2 : 0));
    if (events.empty()) continue;
    EXPECT_THAT(kinds(events), ElementsAre(EventKind::suspicion));
    ++asked;
    world.send(world.burst(5, 0));
  }
  EXPECT_GE(asked, 4);
  EXPECT_LE(asked, 14);
}

TEST(Detector, FindsARoundTripThatGrewAndSaysFromWhatToWhat) {
  World world;
  world.run_good(60);
  Events events;
  const Timestamp onset = world.now;
  for (int i = 0; i < 5 && events.empty(); ++i) {
    events = world.send(world.packets(5, 0, 60));
    world.now += 10s;
  }
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::suspicion));
  events = world.send(world.burst(5, 0, 60));
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::became_bad, EventKind::degradation_began));
  EXPECT_EQ(events[1].degradation->respect, Respect::latency);
  EXPECT_LE(events[1].degradation->onset - onset, 1s);
  EXPECT_THAT(events[1].degradation->evidence, HasSubstr("round trip 60.0 ms, usually "));
  EXPECT_GT(world.health().evidence_nats, 0);
  EXPECT_FALSE(world.health().clean);
}

TEST(Detector, DoesNotMindALongerRoundTripThatNobodyNotices) {
  World world;
  world.run_good(60, 2);
  for (int i = 0; i < 100; ++i, world.now += 10s) EXPECT_THAT(world.send(world.packets(5, 0, 6)), IsEmpty());
}

TEST(Detector, DoesNotLearnTheFault) {
  World world;
  world.run_good(60);
  Events events;
  for (int i = 0; i < 5 && events.empty(); ++i, world.now += 10s)
    events = world.send(world.packets(5, 0, 60));
  world.send(world.burst(5, 0, 60));
  ASSERT_EQ(world.health().state, HealthState::bad);
  const Timestamp at = world.now;
  const double before = world.detector.expectation(world.a, kIcmp, Metric::rtt_ms, at)->median;
  for (int i = 0; i < 500; ++i, world.now += 10s) world.send(world.packets(5, 0, 60));
  EXPECT_DOUBLE_EQ(world.detector.expectation(world.a, kIcmp, Metric::rtt_ms, at)->median, before);
  EXPECT_EQ(world.health().state, HealthState::bad);
}

TEST(Detector, DoesNotLearnWhileItIsStillRecovering) {
  World world;
  world.run_good(60);
  world.go_down();
  const Timestamp at = world.now;
  const double before = world.detector.expectation(world.a, kIcmp, Metric::rtt_ms, at)->median;
  for (int i = 0; i < 11; ++i, world.now += 10s)
    world.send(world.packets(5, 0, 22));  // too little to be suspect
  ASSERT_EQ(world.health().state, HealthState::bad);
  EXPECT_DOUBLE_EQ(world.detector.expectation(world.a, kIcmp, Metric::rtt_ms, at)->median, before);
}

TEST(Detector, TakesAnswersThatAllComeLateAsLatencyAndNotAsLoss) {
  World world;
  world.run_good(60);
  Events events;
  for (int i = 0; i < 5 && events.empty(); ++i, world.now += 10s) {
    Round round = world.packets(5, 5);
    round.packets.late = 5;
    events = world.send(round);
  }
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::suspicion));
  Round burst = world.burst(5, 5);
  burst.packets.late = 5;
  events = world.send(burst);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].degradation->respect, Respect::latency);
  EXPECT_THAT(events[1].degradation->evidence, HasSubstr("later than the time-out"));
}

TEST(Detector, ADeadReflectorIsNoDeadEndpoint) {
  World world;
  Events events;
  const auto both = [&](int stamp_lost) {
    for (Event& event : world.send(world.packets(5, 0))) events.push_back(event);
    world.now += 5s;
    for (Event& event : world.send(world.packets(5, stamp_lost, 20, kStamp))) events.push_back(event);
    if (!events.empty() && events.back().kind == EventKind::suspicion &&
        world.health().state == HealthState::suspect)
      world.send(world.burst(5, 0));  // by the other probe
    world.now += 5s;
  };
  for (int i = 0; i < 10; ++i) both(0);
  for (int i = 0; i < 200; ++i) both(5);
  EXPECT_LE(events.size(), 2U);
  EXPECT_EQ(world.health().state, HealthState::ok);
  EXPECT_TRUE(world.health().clean);
}

TEST(Detector, ADeadReflectorDoesNotHideADeadEndpoint) {
  World world;
  for (int i = 0; i < 10; ++i) {
    world.send(world.packets(5, 0));
    world.now += 5s;
    world.send(world.packets(5, i == 0 ? 0 : 5, 20, kStamp));
    world.now += 5s;
  }
  EXPECT_THAT(kinds(world.send(world.packets(5, 5))), ElementsAre(EventKind::suspicion));
  world.send(world.burst(20, 20));
  EXPECT_TRUE(world.health().bad_in(Respect::reachability));
}

TEST(Detector, ASessionThatFailsThreeTimesIsBelievedWithoutABurst) {
  World world;
  Round round = world.packets(5, 0);
  round.packets = {};
  round.rtt = {};
  Events events;
  for (int i = 0; i < 8; ++i, world.now += 30s) {
    round.started = round.finished = world.now;
    round.outcome = i < 5 ? Outcome::ok : Outcome::refused;
    for (Event& event : world.send(round)) events.push_back(event);
    EXPECT_EQ(world.health().state, i < 7 ? HealthState::ok : HealthState::bad) << i;
  }
  ASSERT_THAT(kinds(events), ElementsAre(EventKind::became_bad, EventKind::degradation_began));
  EXPECT_EQ(events[1].degradation->evidence, "3 of 3 attempts lost since 10:02:30");
}

TEST(Detector, CountsMoreAnswersThanPacketsAsNothingLost) {
  World world;
  Round round = world.packets(5, 0);
  round.packets.received = 9;
  EXPECT_THAT(world.send(round), IsEmpty());
  EXPECT_FLOAT_EQ(world.health().loss_ratio, 0);
}

TEST(Detector, IgnoresEndpointsItDoesNotKnow) {
  World world;
  Round round = world.packets(5, 5);
  round.endpoint = EndpointIndex{77};
  EXPECT_THAT(world.send(round), IsEmpty());
  round.endpoint = EndpointIndex{};
  EXPECT_THAT(world.send(round), IsEmpty());
}

}  // namespace
}  // namespace faultline::detect
