// A wider fault is over but for parts of it: the ticket moves down, and further parts have linked ones.
#include "tests/unit/rules_decide/book_world.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::BookWorld;
using test::small_network;

// Ring 2 of six sites with four cells each has been cut for 15 minutes.
BookWorld long_cut() {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("agg-2");
  world.pass(15min);
  return world;
}

void repair_all_but(BookWorld& world, std::initializer_list<const char*> left) {
  world.set_good("agg-2");
  for (const char* target : left) {
    world.set_bad(target);
    for (const EndpointIndex endpoint : world.below(target)) {  // they never were well
      EndpointHealth& one = world.health[endpoint.value];
      one.onset = one.shown_since = world.incident(1).onset;
    }
  }
}

TEST(Narrowing, MovesDownToTheSiteThatOutlastsTheRing) {
  BookWorld world = long_cut();
  ASSERT_EQ(world.incident(1).severity, Severity::major);
  const std::uint32_t revision = world.incident(1).revision;
  repair_all_but(world, {"site-2-3"});
  world.pass(10min + 20s);
  const Incident& incident = world.incident(1);
  EXPECT_EQ(world.story(1), "suspected opened rerooted");
  EXPECT_EQ(incident.revision, revision + 1);
  EXPECT_EQ(incident.root, Root(world.node("site-2-3")));
  ASSERT_EQ(incident.former_roots.size(), 1U);
  EXPECT_EQ(incident.former_roots[0], Root(world.node("agg-2")));
  EXPECT_EQ(incident.affected, world.below("site-2-3"));
  EXPECT_EQ(incident.bad, world.below("site-2-3"));
  EXPECT_EQ(incident.well_again.size(), 20U);
  EXPECT_EQ(incident.narrowed_at, world.last(IncidentEvent::rerooted).incident.narrowed_at);
  EXPECT_EQ(incident.customers, 4U * 300);
  EXPECT_EQ(incident.most_bad, 4U);
  const std::string reason = world.last(IncidentEvent::rerooted).reason;
  EXPECT_NE(reason.find("not aggregation agg-2 any more but site site-2-3: 4 of the 24"), std::string::npos)
      << reason;
}

TEST(Narrowing, JudgesCauseAndSeverityByWhatIsLeft) {
  BookWorld world(small_network(4, 10, 4));  // 12,000 customers
  world.set_bad("agg-2");
  world.pass(15min);
  ASSERT_EQ(world.incident(1).severity, Severity::critical);
  const Cause before = world.incident(1).causes.front().cause;
  repair_all_but(world, {"site-2-3"});
  world.pass(10min + 20s);
  const Incident told = world.last(IncidentEvent::rerooted).incident;
  EXPECT_EQ(told.severity, Severity::major);
  EXPECT_EQ(before, Cause::transport);
  EXPECT_NE(told.causes.front().cause, Cause::transport);
  EXPECT_TRUE(std::any_of(told.evidence.begin(), told.evidence.end(), [](const Evidence& one) {
    return one.text.starts_with("while it was at aggregation agg-2 the likely cause was transport");
  }));
}

TEST(Narrowing, EndsWithTheSiteWhateverHappensElsewhereInTheRing) {
  BookWorld world = long_cut();
  repair_all_but(world, {"site-2-3"});
  world.pass(11min);
  ASSERT_EQ(world.incident(1).root, Root(world.node("site-2-3")));
  world.set_bad("cell-2-5-1");
  world.pass(1min);
  EXPECT_NE(world.book.owner(world.below("cell-2-5-1").front()).value_or(1), IncidentNumber{1});
  world.set_good("site-2-3");
  world.pass(6min);
  EXPECT_EQ(world.incident(1).state, IncidentState::resolved);
}

TEST(Narrowing, WaitsTenMinutesFromTheAgeOnWhenTheRepairComesEarly) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("agg-2");
  world.pass(3min);
  const Timestamp opened = *world.incident(1).opened_at;
  repair_all_but(world, {"site-2-3"});
  world.pass(16min);
  EXPECT_EQ(world.incident(1).root, Root(world.node("agg-2")));
  world.pass(5min);
  EXPECT_EQ(world.incident(1).root, Root(world.node("site-2-3")));
  EXPECT_GE(*world.incident(1).narrowed_at, opened + 20min);
  EXPECT_LE(*world.incident(1).narrowed_at, opened + 20min + 16s);
}

TEST(Narrowing, KeepsItsPlaceWhenTheRestIsWellForNineMinutesOnly) {
  BookWorld world = long_cut();
  for (int again = 0; again < 4; ++again) {
    repair_all_but(world, {"site-2-3"});
    world.pass(9min);
    world.set_bad("agg-2");
    world.pass(3min);
  }
  EXPECT_EQ(world.story(1), "suspected opened");
}

TEST(Narrowing, KeepsItsPlaceWhileTheSiteThatIsLeftChanges) {
  BookWorld world = long_cut();
  for (int again = 0; again < 4; ++again) {
    repair_all_but(world, {"site-2-3"});
    world.pass(7min);
    repair_all_but(world, {"site-2-5"});
    world.pass(7min);
  }
  EXPECT_EQ(world.count(IncidentEvent::rerooted), 0U);
}

// Half of the sites are what a ring segment looks like.
TEST(Narrowing, KeepsItsPlaceWhileTheRingIsStillTheBestExplanation) {
  BookWorld world = long_cut();
  repair_all_but(world, {"site-2-1", "site-2-2", "site-2-3"});
  world.pass(30min);
  EXPECT_EQ(world.story(1), "suspected opened");
}

TEST(Narrowing, DoesNothingWhileTheProbeHostMayBeToBlame) {
  BookWorld world = long_cut();
  repair_all_but(world, {"site-2-3", "site-2-5"});
  world.is_blocked = true;
  world.pass(20min);
  EXPECT_EQ(world.story(1), "suspected opened");
  world.is_blocked = false;
  world.pass(1s);
  EXPECT_EQ(world.story(1), "suspected opened rerooted");
}

TEST(Narrowing, AsksTheLocaliserOnlyWhenTheMembersChangedOrATimerRuns) {
  BookWorld world = long_cut();
  world.pass(1min);
  const std::size_t before = world.asked;
  world.pass(30min);
  EXPECT_EQ(world.asked, before) << "nothing changed";
  repair_all_but(world, {"site-2-3"});
  world.pass(10min + 20s);
  EXPECT_LE(world.asked - before, 10U * 60 / 15 + 3);
  const std::size_t after = world.asked;
  world.pass(30min);
  EXPECT_LE(world.asked - after, 2U);
}

TEST(Split, GivesTheSecondSiteALinkedTicketOfItsOwn) {
  BookWorld world = long_cut();
  repair_all_but(world, {"site-2-3", "site-2-5"});
  world.pass(11min);
  EXPECT_EQ(world.story(1), "suspected opened rerooted");
  ASSERT_EQ(world.count(IncidentEvent::opened), 2U);
  const IncidentChanged opened = world.last(IncidentEvent::opened);
  const Incident& second = opened.incident;
  EXPECT_EQ(second.split_from, IncidentNumber{1});
  EXPECT_EQ(world.incident(1).root, Root(world.node("site-2-3")));
  EXPECT_EQ(second.root, Root(world.node("site-2-5")));
  EXPECT_EQ(second.state, IncidentState::open);
  EXPECT_EQ(second.revision, 1U);
  EXPECT_EQ(second.bad, world.below("site-2-5"));
  EXPECT_EQ(second.onset, world.incident(1).onset);
  EXPECT_FALSE(second.causes.empty());
  EXPECT_EQ(second.severity, Severity::major);
  EXPECT_FALSE(intersects(world.incident(1).well_again, second.affected));
  EXPECT_NE(opened.reason.find("split from FL-1"), std::string::npos) << opened.reason;
  // Each lives its own life from here on.
  world.set_good("site-2-5");
  world.pass(6min);
  EXPECT_EQ(world.incident(second.number).state, IncidentState::resolved);
  EXPECT_EQ(world.incident(1).state, IncidentState::open);
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);
}

TEST(Split, KeepsTheTicketWhereMostCustomersSuffer) {
  BookWorld world = long_cut();
  repair_all_but(world, {"site-2-3", "site-2-5"});
  // Only a part of site-2-3 is in its footprint: each cell is a group of its own there.
  world.set_good("cell-2-3-1");
  world.set_good("cell-2-3-2");
  world.pass(11min);
  EXPECT_EQ(world.incident(1).root, Root(world.node("site-2-5")));
  EXPECT_EQ(world.last(IncidentEvent::opened).incident.root, Root(world.node("site-2-3")));
}

TEST(Split, DoesNotSplitBeforeTheCommonCauseIsOver) {
  BookWorld world(small_network(4, 3, 4));
  world.set_bad("agg-2");
  world.pass(15min);
  repair_all_but(world, {"site-2-1", "site-2-2"});  // two thirds of it
  world.pass(30min);
  EXPECT_EQ(world.story(1), "suspected opened");
  EXPECT_EQ(world.count(IncidentEvent::opened), 1U);
}

TEST(Split, LetsGoWhatItDoesNotExplainWhenItMovesDown) {
  BookWorld world = long_cut();
  repair_all_but(world, {"site-2-3"});
  world.pass(9min);
  world.set_bad("cell-2-5-1");
  world.pass(2min);
  ASSERT_EQ(world.incident(1).root, Root(world.node("site-2-3")));
  EXPECT_EQ(world.incident(1).bad, world.below("site-2-3"));
  const auto other = world.book.owner(world.below("cell-2-5-1").front());
  ASSERT_TRUE(other);
  EXPECT_EQ(world.incident(*other).root, Root(world.below("cell-2-5-1").front()));
}

// It was well for a while and broke again by itself: the ring's fault is over.
TEST(Split, APartThatBeganLaterHasATicketOfItsOwnAndTheFirstEnds) {
  BookWorld world = long_cut();
  world.set_good("site-2-3");
  world.pass(5min);
  const Timestamp broke = world.now;
  world.set_bad("site-2-3");
  world.pass(5min);
  ASSERT_EQ(world.incident(1).bad.size(), 24U);
  for (const char* site : {"site-2-1", "site-2-2", "site-2-4", "site-2-5", "site-2-6"}) world.set_good(site);
  world.pass(11min);
  EXPECT_EQ(world.count(IncidentEvent::rerooted), 0U);
  const Incident second = world.last(IncidentEvent::opened).incident;
  EXPECT_EQ(second.root, Root(world.node("site-2-3")));
  EXPECT_EQ(second.onset, broke);
  EXPECT_EQ(second.split_from, IncidentNumber{1});
  world.pass(6min);
  EXPECT_EQ(world.incident(1).state, IncidentState::resolved);
  EXPECT_EQ(world.incident(second.number).state, IncidentState::open);
}

TEST(Split, SingleEndpointsThatOutlastARingHaveTicketsOfTheirOwn) {
  BookWorld world = long_cut();
  repair_all_but(world, {"cell-2-3-1", "cell-2-5-1"});
  world.pass(11min);
  EXPECT_EQ(world.count(IncidentEvent::rerooted), 0U);
  EXPECT_EQ(world.count(IncidentEvent::opened), 3U);
  EXPECT_EQ(world.incident(2).split_from, IncidentNumber{1});
  EXPECT_EQ(world.incident(3).split_from, IncidentNumber{1});
  world.pass(6min);
  EXPECT_EQ(world.incident(1).state, IncidentState::resolved);
}

// A few cells of a ring had not come back from the core's fault when the ring was cut: their onset is older
// than the cut, but one splice brings them all back.
class SplitAfter : public testing::TestWithParam<std::chrono::seconds> {};

TEST_P(SplitAfter, SingleEndpointsBelowAnotherPartAreNoTicketsOfTheirOwn) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("core");
  world.pass(15min);
  const Timestamp began = world.incident(1).onset;
  const auto stragglers = {"cell-3-1-1", "cell-3-2-1", "cell-3-4-1"};
  world.set_good("core");
  for (const char* cell : stragglers) {
    world.set_bad(cell);
    EndpointHealth& one = world.health[world.below(cell).front().value];
    one.onset = one.shown_since = began;
  }
  world.pass(GetParam());
  world.set_bad("agg-3");
  world.pass(15min);
  ASSERT_EQ(world.count(IncidentEvent::opened), 2U);
  const Incident& ring = world.last(IncidentEvent::opened).incident;
  EXPECT_EQ(ring.root, Root(world.node("agg-3")));
  EXPECT_EQ(ring.split_from, IncidentNumber{1});
  for (const char* cell : stragglers)
    EXPECT_EQ(world.book.owner(world.below(cell).front()), ring.number) << cell;
  world.pass(6min);
  EXPECT_EQ(world.incident(1).state, IncidentState::resolved);
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);
}

// How long after the core's repair the ring is cut: the cells are taken for a part of their own as long as
// the ring is, or not so long.
INSTANTIATE_TEST_SUITE_P(Times, SplitAfter, testing::Values(0s, 300s));

// Half of a ring was cut before the core failed. Of the core's fault nothing is left but the ring's other
// half.
TEST(Split, WhatIsLeftGoesToTheTicketThatItsNodeHas) {
  BookWorld world(small_network(4, 6, 4));
  for (const char* site : {"site-3-1", "site-3-2", "site-3-3"}) world.set_bad(site);
  world.pass(15min);
  ASSERT_EQ(world.incident(1).root, Root(world.node("agg-3")));
  for (const char* ring : {"agg-1", "agg-2", "agg-4", "site-3-4", "site-3-5", "site-3-6"})
    world.set_bad(ring);
  world.pass(15min);
  const IncidentNumber core = world.last(IncidentEvent::opened).incident.number;
  ASSERT_EQ(world.incident(core).root, Root(world.node("core")));
  ASSERT_EQ(world.book.owner(world.below("cell-3-5-1").front()), core);
  for (const char* ring : {"agg-1", "agg-2", "agg-4"}) world.set_good(ring);
  // Single cells in it have been bad for longer than the rest of it.
  const Timestamp began = world.incident(core).onset;
  for (const char* site : {"site-3-4", "site-3-5", "site-3-6"}) {
    world.set_good(site);
    world.set_bad(site);
    EndpointHealth& first = world.health[world.below(site).front().value];
    first.onset = first.shown_since = began;
  }
  world.pass(25min);
  EXPECT_EQ(world.book.owner(world.below("cell-3-5-1").front()), IncidentNumber{1});
  EXPECT_EQ(world.incident(1).bad.size(), 24U);
  EXPECT_EQ(world.incident(core).state, IncidentState::resolved);
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);
}

TEST(Split, WaitsAnewAfterARestartAndStillKnowsHowMuchOfItWasBad) {
  BookWorld world = long_cut();
  repair_all_but(world, {"site-2-3", "site-2-5"});
  world.pass(6min);
  Incident stored = world.incident(1);  // as it would be told now: most of it is well
  BookWorld next(small_network(4, 6, 4));
  next.now = world.now;
  next.health = world.health;
  next.book.restore({stored}, 2);
  next.pass(9min);
  EXPECT_EQ(next.count(IncidentEvent::rerooted), 0U);
  next.pass(1min + 20s);
  EXPECT_EQ(next.story(1), "rerooted");
  EXPECT_EQ(next.count(IncidentEvent::opened), 1U);
}

}  // namespace
}  // namespace faultline::decide
