// The words of a ticket, and that they do not change because a fault recovers.
#include "rules/decide/explain.h"
#include "tests/unit/rules_decide/book_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::BookWorld;
using test::small_network;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> texts(const Incident& incident) {
  std::vector<std::string> all;
  for (const Evidence& one : incident.evidence) all.push_back(one.text);
  return all;
}

// 54 endpoints in 9 sites below agg-3, all dead within 8 s.
BookWorld cut_ring() {
  BookWorld world(small_network(4, 9, 6));
  world.pass(13s);
  for (int site = 1; site <= 9; ++site) {
    world.set_bad("site-3-" + std::to_string(site));
    world.pass(1s);
  }
  world.pass(30s);
  return world;
}

TEST(Words, OfACutRingSayWhatWhereSinceWhenAndWhy) {
  BookWorld world = cut_ring();
  world.complain("c-1", 1);
  world.complain("c-2", 1);
  world.pass(100s);
  const Incident& incident = world.incident(1);
  ASSERT_EQ(incident.state, IncidentState::open);
  EXPECT_THAT(
      texts(incident),
      ElementsAre(
          StartsWith("54 of 54 endpoints bad in 9 of 9 groups below aggregation agg-3 since 12:40:15 UTC "
                     "(onset spread 8 s)"),
          StartsWith("aggregation agg-3 explains 54 bad endpoints; 54 of 54 measured again are bad"),
          "complaints: 2 attached, the first at 12:40:52 UTC (39 s after the onset)",
          StartsWith("likely cause: transport (")));
  const std::string cause = texts(incident).back();
  EXPECT_THAT(cause, HasSubstr("because what hangs on one aggregation is affected (favours transport over "));
  EXPECT_THAT(cause, HasSubstr("; next "));
  EXPECT_FALSE(incident.alternatives.empty());
  EXPECT_TRUE(std::is_sorted(incident.affected.begin(), incident.affected.end()));
}

TEST(Words, AndCauseStayThoseOfTheWorstTimeWhileMembersRecover) {
  BookWorld world = cut_ring();
  const Incident before = world.incident(1);
  ASSERT_EQ(before.state, IncidentState::open);
  for (int site = 1; site <= 9; ++site) {
    world.set_good("site-3-" + std::to_string(site));
    world.pass(10s);
    const Incident& now = world.incident(1);
    EXPECT_EQ(texts(now), texts(before));
    EXPECT_EQ(now.causes.front().cause, before.causes.front().cause);
    EXPECT_EQ(now.causes.front().probability, before.causes.front().probability);
    EXPECT_GE(now.confidence, before.confidence);
    EXPECT_EQ(now.onset, before.onset);
    EXPECT_EQ(now.bad.size(), 54U - 6U * static_cast<unsigned>(site));  // the number of now
  }
  world.pass(400s);
  EXPECT_EQ(world.story(1).substr(world.story(1).find("opened")), "opened recovering resolved");
  EXPECT_EQ(texts(world.incident(1)), texts(before));
}

TEST(Words, AndCauseAreNotThoseOfLossThatIsLeftOver) {
  BookWorld world = cut_ring();
  const auto before = world.incident(1).causes;
  world.set_good("site-3-1");
  for (int site = 2; site <= 9; ++site) world.set_bad("site-3-" + std::to_string(site), 0.3F);
  world.pass(30s);
  EXPECT_EQ(world.incident(1).causes.front().probability, before.front().probability);
}

TEST(Words, BecomeThoseOfAStrongerArgument) {
  BookWorld world(small_network(4, 9, 6));
  for (int site = 1; site <= 5; ++site) world.set_bad("site-3-" + std::to_string(site));
  world.pass(40s);
  ASSERT_EQ(world.incident(1).state, IncidentState::open);
  ASSERT_THAT(texts(world.incident(1)).front(), StartsWith("30 of 54"));
  const Timestamp onset = world.incident(1).onset;
  for (int site = 6; site <= 9; ++site) world.set_bad("site-3-" + std::to_string(site));
  world.pass(70s);
  EXPECT_THAT(texts(world.incident(1)).front(), StartsWith("54 of 54"));
  EXPECT_EQ(world.incident(1).onset, onset);
  EXPECT_THAT(world.last(IncidentEvent::updated).reason, HasSubstr("endpoints affected: 54, before 30"));
}

TEST(Words, OfAStoredIncidentAreKeptOverARestart) {
  BookWorld world = cut_ring();
  world.complain("c-1", 1);
  world.pass(61s);
  const Incident before = world.incident(1);
  BookWorld next(world.topology);
  next.health = world.health;
  next.now = world.now;
  next.book.restore({before}, 2);
  next.book.note_received("c-1", before.onset + 30s);
  for (int site = 1; site <= 8; ++site) next.set_good("site-3-" + std::to_string(site));
  next.pass(70s);
  EXPECT_EQ(next.incident(1).confidence, before.confidence);
  EXPECT_EQ(next.incident(1).causes.front().probability, before.causes.front().probability);
  next.set_good("agg-3");
  next.pass(5s);
  ASSERT_EQ(next.incident(1).state, IncidentState::recovering);
  ASSERT_EQ(texts(next.incident(1)).size(), texts(before).size());
  EXPECT_EQ(texts(next.incident(1)).front(), texts(before).front());
  EXPECT_EQ(texts(next.incident(1)).back(), texts(before).back());
}

TEST(Words, TellAnUpdateOnlyForWhatAPersonCaresFor) {
  BookWorld world = cut_ring();
  world.pass(70s);
  EXPECT_EQ(world.count(IncidentEvent::updated), 0U);
  world.complain("c-1", 1);
  world.pass(1s);
  EXPECT_EQ(world.last(IncidentEvent::updated).reason, "complaints attached: 1, before 0");
  for (int i = 2; i <= 5; ++i) world.complain("c-" + std::to_string(i), 1);
  world.pass(70s);
  EXPECT_EQ(world.last(IncidentEvent::updated).reason, "complaints attached: 5, before 1");
  for (int i = 6; i <= 7; ++i) world.complain("c-" + std::to_string(i), 1);
  world.pass(70s);
  EXPECT_EQ(world.count(IncidentEvent::updated), 2U);
  for (int i = 8; i <= 20; ++i) world.complain("c-" + std::to_string(i), 1);
  world.pass(70s);
  for (int i = 21; i <= 29; ++i) world.complain("c-" + std::to_string(i), 1);  // less than half more: no news
  world.pass(70s);
  EXPECT_EQ(world.count(IncidentEvent::updated), 3U);
}

TEST(Words, SayThatAMemberElsewhereIsSuspected) {
  BookWorld world = cut_ring();
  world.set_bad("cell-1-1-1");
  world.health[world.below("cell-1-1-1").front().value].onset = world.incident(1).onset;
  world.pass(70s);
  EXPECT_EQ(world.incident(1).suspected_members.size(), 1U);
  EXPECT_THAT(world.last(IncidentEvent::updated).reason,
              HasSubstr("endpoints elsewhere that may belong to it: 1"));
}

}  // namespace
}  // namespace faultline::decide
