// Which incident is it? One fault is one incident, whatever grows, moves, ends or comes back.
#include "rules/decide/incident_book.h"

#include "tests/unit/rules_decide/book_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::BookWorld;
using test::small_network;

BookWorld open_at_site() {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("site-2-1");
  world.pass(60s);
  return world;
}

TEST(IncidentBook, OpensOneIncidentAtTheNodeThatExplainsAll) {
  BookWorld world = open_at_site();
  EXPECT_EQ(world.story(1), "suspected opened");
  EXPECT_EQ(world.incident(1).root, Root(world.node("site-2-1")));
  EXPECT_EQ(world.book.records().size(), 1U);
}

TEST(IncidentBook, KeepsOneIncidentWhileTheSameRootIsExplainedAgain) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("cell-2-1-1");
  world.set_bad("cell-2-1-2");
  world.pass(60s);
  world.set_bad("site-2-1");
  world.pass(10min);
  EXPECT_EQ(world.count(IncidentEvent::opened), 1U);
  EXPECT_EQ(world.incident(1).bad.size(), 4U);
}

TEST(IncidentBook, ReopensTheSameIncidentWithinHalfAnHour) {
  BookWorld world = open_at_site();
  world.set_good("site-2-1");
  world.pass(6min);
  ASSERT_EQ(world.incident(1).state, IncidentState::resolved);
  const Timestamp onset = world.incident(1).onset;
  world.pass(25min);
  world.set_bad("site-2-1");
  world.pass(60s);
  EXPECT_EQ(world.incident(1).state, IncidentState::open);
  EXPECT_EQ(world.incident(1).reopens, 1U);
  EXPECT_EQ(world.incident(1).onset, onset);
  EXPECT_EQ(world.count(IncidentEvent::opened), 1U);
  EXPECT_EQ(world.count(IncidentEvent::reopened), 1U);
  // And the time before it is over has doubled.
  world.set_good("site-2-1");
  world.pass(6min);
  EXPECT_EQ(world.incident(1).state, IncidentState::recovering);
  world.pass(5min);
  EXPECT_EQ(world.incident(1).state, IncidentState::resolved);
}

TEST(IncidentBook, OpensAnotherThatFollowsAfterHalfAnHour) {
  BookWorld world = open_at_site();
  world.set_good("site-2-1");
  world.pass(40min);
  world.set_bad("site-2-1");
  world.pass(60s);
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);
  EXPECT_EQ(world.last(IncidentEvent::opened).incident.follows, IncidentNumber{1});
}

TEST(IncidentBook, ClosesADayAfterTheEndAndForgetsADayLater) {
  BookWorld world = open_at_site();
  world.set_good("site-2-1");
  world.pass(6min);
  const auto later = [&](std::chrono::hours time) {
    world.now += time;
    world.pass(1s);
  };
  later(23h);
  EXPECT_EQ(world.incident(1).state, IncidentState::resolved);
  later(1h);
  EXPECT_EQ(world.incident(1).state, IncidentState::closed);
  later(25h);
  EXPECT_EQ(world.book.find(1), nullptr);
}

TEST(IncidentBook, MovesAYoungIncidentUpAndKeepsItsNumber) {
  BookWorld world = open_at_site();
  for (int site = 2; site <= 6; ++site) world.set_bad("site-2-" + std::to_string(site));
  world.pass(90s);
  EXPECT_EQ(world.incident(1).root, Root(world.node("agg-2")));
  ASSERT_EQ(world.incident(1).former_roots.size(), 1U);
  EXPECT_EQ(world.incident(1).former_roots[0], Root(world.node("site-2-1")));
  EXPECT_EQ(world.count(IncidentEvent::opened), 1U);
}

TEST(IncidentBook, DoesNotMoveAnOldIncident) {
  BookWorld world = open_at_site();
  world.pass(10min);
  for (int site = 2; site <= 6; ++site) world.set_bad("site-2-" + std::to_string(site));
  world.pass(90s);
  EXPECT_EQ(world.incident(1).root, Root(world.node("site-2-1")));
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);  // another fault, later
}

TEST(IncidentBook, MergesYoungIncidentsThatTurnOutToBeOneFault) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("site-2-1");
  world.set_bad("site-2-2");
  world.pass(60s);
  ASSERT_EQ(world.count(IncidentEvent::opened), 2U);
  for (int site = 3; site <= 6; ++site) world.set_bad("site-2-" + std::to_string(site));
  world.pass(30s);
  EXPECT_EQ(world.count(IncidentEvent::merged), 1U);
  const Incident& merged = world.last(IncidentEvent::merged).incident;
  ASSERT_TRUE(merged.merged_into);
  EXPECT_EQ(world.incident(*merged.merged_into).bad.size(), 24U);
  EXPECT_TRUE(has_ended(world.incident(merged.number).state));
}

// Two cells of a site were bad for a while when the whole ring went: the ring has been suspected for a
// moment.
TEST(IncidentBook, ASuspicionThatMovesWaitsAnew) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("cell-2-1-1");
  world.set_bad("cell-2-1-2");
  world.pass(40s);
  ASSERT_EQ(world.story(1), "suspected");
  world.set_bad("agg-2");
  const Timestamp all_bad = world.now;
  world.pass(60s);
  EXPECT_EQ(world.story(1), "suspected rerooted opened");
  // As if it had been suspected when most of it was bad and not before: it takes a moment to be seen.
  const OpeningRules& opening = world.rules->decide.opening;
  EXPECT_GE(*world.incident(1).opened_at, all_bad + 1s + opening.hold_wide);
  EXPECT_LE(*world.incident(1).opened_at, all_bad + opening.detection + opening.hold_wide);
}

// Parts of three sites looked like the ring; when two are well again it is the third, and it alone.
TEST(IncidentBook, ASuspicionThatMovesLetsItsOldMembersGo) {
  BookWorld world(small_network(4, 6, 4));
  for (const char* cell : {"cell-2-1-1", "cell-2-1-2", "cell-2-1-3", "cell-2-2-1", "cell-2-2-2", "cell-2-3-1",
                           "cell-2-3-2", "cell-2-4-1", "cell-2-4-2"})
    world.set_bad(cell);
  world.pass(5s);
  ASSERT_EQ(world.incident(1).root, Root(world.node("agg-2")));
  for (const char* site : {"site-2-2", "site-2-3", "site-2-4"}) world.set_good(site);
  world.set_bad("site-2-1");
  world.pass(5s);
  ASSERT_EQ(world.incident(1).root, Root(world.node("site-2-1")));
  EXPECT_EQ(world.book.find(1)->members, world.below("site-2-1"));
  EXPECT_EQ(world.book.owner(world.below("cell-2-2-1").front()), std::nullopt);
}

// A day has a thousand suspicions that come to nothing: what looks at all records must not meet them.
TEST(IncidentBook, PutsWhatHasEndedAside) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("site-2-1");
  world.pass(30s);
  world.set_good("site-2-1");
  world.pass(5s);
  ASSERT_EQ(world.story(1), "suspected withdrawn");
  EXPECT_TRUE(world.book.records().empty());
  EXPECT_EQ(world.book.ended().size(), 1U);
  ASSERT_NE(world.book.find(1), nullptr);
  EXPECT_EQ(world.incident(1).state, IncidentState::withdrawn);
  world.now += 24h;
  world.pass(61s);  // it looks for what is old once a minute
  EXPECT_EQ(world.book.find(1), nullptr);
}

TEST(IncidentBook, ReopensAnEndpointsIncidentForTwoHours) {
  for (const auto& [later, is_same] : {std::pair{110min, true}, {125min, false}}) {
    BookWorld world(small_network(4, 6, 4));
    const auto stay_bad = [&] {
      world.set_bad("cell-2-1-1");
      world.pass(1s);
      for (int i = 0; i < 10; ++i) world.book.note_bad_round(world.below("cell-2-1-1").front());
      world.pass(200s);
    };
    stay_bad();
    ASSERT_EQ(world.count(IncidentEvent::opened), 1U);
    world.set_good("cell-2-1-1");
    world.pass(6min);
    ASSERT_EQ(world.incident(1).state, IncidentState::resolved);
    world.now += later - 6min;
    stay_bad();
    EXPECT_EQ(world.count(IncidentEvent::reopened), is_same ? 1U : 0U) << later.count();
    EXPECT_EQ(world.count(IncidentEvent::opened), is_same ? 1U : 2U) << later.count();
  }
}

TEST(IncidentBook, KeepsTwoDisjointFaultsApart) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("agg-1");
  world.set_bad("site-3-2");
  world.pass(60s);
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);
  world.set_good("agg-1");
  world.pass(6min);
  EXPECT_EQ(world.count(IncidentEvent::resolved), 1U);
  EXPECT_EQ(world.last(IncidentEvent::resolved).incident.root, Root(world.node("agg-1")));
  EXPECT_EQ(world.incident(2).state, IncidentState::open);
}

TEST(IncidentBook, WithdrawsWhatIsOverBeforeTheHold) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("site-2-1");
  world.pass(40s);
  world.set_good("site-2-1");
  world.pass(60s);
  EXPECT_EQ(world.story(1), "suspected withdrawn");
}

// After a blip all were good; one round with a lost packet is not the fault again while those results still
// count, which is longer than a bad one does.
TEST(IncidentBook, OneBadResultAfterGoodOnesDoesNotOpen) {
  BookWorld world(small_network(3, 4, 6));
  world.set_bad("site-1-1");
  world.pass(45s);
  ASSERT_EQ(world.count(IncidentEvent::suspected), 1U);
  for (const EndpointIndex cell : world.below("site-1-1")) world.health[cell.value].better = true;
  const auto one_is_bad_after = [&](std::chrono::seconds time) {
    world.now += time;
    EndpointHealth& one = world.health[world.below("site-1-1").front().value];
    one.better = false;
    one.measured = world.now;
    world.step();
  };
  one_is_bad_after(20s);
  EXPECT_EQ(world.count(IncidentEvent::opened), 0U);
  one_is_bad_after(6s);  // by now nothing else is known of the site
  EXPECT_EQ(world.count(IncidentEvent::opened), 1U);
}

TEST(IncidentBook, RelapsesWithinTheRecovery) {
  BookWorld world = open_at_site();
  world.set_good("site-2-1");
  world.pass(60s);
  world.set_bad("cell-2-1-3");
  world.pass(60s);
  EXPECT_EQ(world.story(1), "suspected opened recovering relapsed");
  EXPECT_EQ(world.book.records().size(), 1U);
}

TEST(IncidentBook, LeavesMembersToOthersWhenItReopens) {
  BookWorld world(small_network(4, 6, 4));
  world.set_bad("agg-2");
  world.pass(60s);
  world.set_good("agg-2");
  world.pass(6min);
  ASSERT_EQ(world.incident(1).state, IncidentState::resolved);
  world.set_bad("site-2-1");
  world.pass(8min);  // too old to be moved up or merged
  for (int site = 2; site <= 6; ++site) world.set_bad("site-2-" + std::to_string(site));
  world.pass(60s);
  ASSERT_EQ(world.incident(1).state, IncidentState::open);
  std::set<EndpointIndex> seen;
  for (const auto& [number, record] : world.book.records())
    for (const EndpointIndex endpoint : record.incident.bad)
      EXPECT_TRUE(seen.insert(endpoint).second) << "bad in two incidents";
  EXPECT_EQ(seen.size(), 24U);
}

TEST(IncidentBook, EndsAnIncidentOfWhichNothingIsLeft) {
  BookWorld before = open_at_site();
  before.pass(10min);
  const Incident whole = before.incident(1);
  Incident part = whole;  // its only endpoint is a member of the other one
  part.number = 2;
  part.root = before.below("cell-2-1-1").front();
  part.affected = before.below("cell-2-1-1");
  part.bad.clear();
  part.state = IncidentState::recovering;
  part.recovered_at = before.now;
  BookWorld world(before.topology);
  world.health = before.health;
  world.now = before.now;
  world.book.restore({whole, part}, 3);
  world.pass(6min);
  EXPECT_EQ(world.incident(1).state, IncidentState::open);
  EXPECT_EQ(world.incident(2).state, IncidentState::resolved);
}

// A book that holds what the store has of another one.
BookWorld restarted(const BookWorld& before) {
  BookWorld world(before.topology);
  world.health = before.health;
  world.now = before.now;
  std::map<IncidentNumber, Incident> stored;  // as last told
  for (const IncidentChanged& one : before.told) stored[one.incident.number] = one.incident;
  std::vector<Incident> incidents;
  for (const auto& [number, incident] : stored)
    if (!has_ended(incident.state)) incidents.push_back(incident);
  world.book.restore(std::move(incidents), before.book.next_number());
  return world;
}

TEST(IncidentBook, OpensNothingASecondTimeAfterARestart) {
  for (const auto when : {30s, 60s, 600s}) {
    BookWorld before(small_network(4, 6, 4));
    before.set_bad("site-2-1");
    before.pass(when);
    BookWorld world = restarted(before);
    world.pass(600s);
    EXPECT_EQ(before.count(IncidentEvent::opened) + world.count(IncidentEvent::opened), 1U) << when.count();
    EXPECT_EQ(world.incident(1).state, IncidentState::open);
    EXPECT_EQ(world.book.records().size(), 1U);
  }
}

TEST(IncidentBook, ResolvesAfterARestartWhatRecovers) {
  for (const auto recovering : {0s, 30s}) {
    BookWorld before = open_at_site();
    before.set_good("site-2-1");
    if (recovering > 0s) before.pass(recovering);
    BookWorld world = restarted(before);
    world.pass(10min);
    EXPECT_EQ(world.incident(1).state, IncidentState::resolved) << recovering.count();
  }
}

TEST(IncidentBook, CountsRevisionsUpAndOpensEachNumberOnce) {
  BookWorld world(small_network(4, 6, 4));
  for (int round = 0; round < 4; ++round) {
    for (int site = 1; site <= 6; ++site) {
      world.set_bad("site-2-" + std::to_string(site));
      world.pass(25s);
    }
    world.set_bad("cell-1-1-1");
    world.pass(4min);
    world.set_good("agg-2");
    world.set_good("cell-1-1-1");
    world.pass(std::chrono::minutes(10 + 20 * round));
  }
  std::map<IncidentNumber, std::uint32_t> revision;
  std::set<IncidentNumber> opened;
  for (const IncidentChanged& one : world.told) {
    EXPECT_GT(one.incident.revision, revision[one.incident.number]);
    revision[one.incident.number] = one.incident.revision;
    if (one.event != IncidentEvent::opened) continue;
    EXPECT_TRUE(opened.insert(one.incident.number).second);
  }
  EXPECT_GE(opened.size(), 2U);
}

}  // namespace
}  // namespace faultline::decide
