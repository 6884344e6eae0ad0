// Incidents of which only complaints and their places are known: an area over sites that share no node. What
// comes later must grow it, move it or leave it, never open a second ticket for the same callers.
#include "tests/unit/rules_decide/book_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace faultline::decide::test {
namespace {

using namespace std::chrono_literals;

class AreaOfComplaints : public testing::Test {
 protected:
  AreaOfComplaints() : world(small_network(3, 5, 3)) {}

  Hypothesis by_complaints(Root root, const std::vector<std::string>& nodes, std::uint32_t complaints,
                           double nats = 15) const {
    Hypothesis one;
    one.root = std::move(root);
    one.level = Level::wide;
    one.gain_nats = one.margin_nats = nats;
    one.complaints_only = true;
    one.complaints = complaints;
    one.onset = one.median_onset = world.now - 5min;
    for (const std::string& node : nodes) insert_all(one.affected, world.below(node));
    one.evidence.push_back({"they complain", nats});
    return one;
  }
  Hypothesis area(const std::vector<std::string>& nodes, std::uint32_t complaints, double nats = 15) const {
    Area root;
    for (const std::string& node : nodes) root.nodes.push_back(world.node(node));
    std::sort(root.nodes.begin(), root.nodes.end());
    return by_complaints(root, nodes, complaints, nats);
  }
  Hypothesis at(const std::string& node, std::uint32_t complaints, double nats = 15) const {
    return by_complaints(world.node(node), {node}, complaints, nats);
  }
  void suspect(const Hypothesis& one) {
    Actions actions;
    world.book.suspect_by_complaints(one, world.now, actions);
    world.keep(actions);
  }
  // Callers of the first incident.
  void complain(int count) {
    for (int i = 0; i < count; ++i) world.complain("c" + std::to_string(++callers), 1);
  }
  void open_area() {
    suspect(area({"site-1-3", "site-2-3"}, 6));
    complain(6);
    world.pass(20s);
    ASSERT_EQ(world.story(1), "suspected opened");
  }
  Root area_root(const std::vector<std::string>& nodes) const { return area(nodes, 0).root; }

  BookWorld world;
  int callers = 0;
};

TEST_F(AreaOfComplaints, IsOneTicketInWordsWithTheCauseOfAnArea) {
  open_area();
  const IncidentChanged opened = world.last(IncidentEvent::opened);
  EXPECT_TRUE(opened.incident.complaint_only);
  EXPECT_THAT(opened.reason, testing::HasSubstr("6 customers complain in the area of site-1-3, site-2-3"));
  ASSERT_FALSE(opened.incident.causes.empty());
  EXPECT_EQ(opened.incident.causes.front().cause, Cause::radio);
  EXPECT_THAT(opened.incident.causes.front().reasons,
              testing::Contains(testing::HasSubstr("an area across the topology is affected")));
}

TEST_F(AreaOfComplaints, GrowsByASecondCircleOverTheSamePlace) {
  open_area();
  suspect(area({"site-1-3", "site-2-3", "site-2-4"}, 12));
  EXPECT_EQ(world.story(1), "suspected opened rerooted");
  EXPECT_EQ(world.incident(1).affected.size(), 9U);
  // One that has only a part of it in common changes nothing, and is no second ticket either, however late.
  world.now += 3h;
  suspect(area({"site-2-4", "site-3-4"}, 5));
  EXPECT_EQ(world.book.records().size(), 1U);
  EXPECT_EQ(world.incident(1).root, area_root({"site-1-3", "site-2-3", "site-2-4"}));
}

TEST_F(AreaOfComplaints, SaysOnceThatItsCallersCountNoMore) {
  open_area();
  EXPECT_FALSE(world.book.take_silent_ended());
  world.pass(46min);
  ASSERT_EQ(world.story(1), "suspected opened resolved");
  EXPECT_TRUE(world.book.take_silent_ended());
  EXPECT_FALSE(world.book.take_silent_ended());
  world.set_bad("site-3-1");  // a fault that probes see
  world.pass(2min);
  world.set_good("site-3-1");
  world.pass(10min);
  ASSERT_EQ(world.incident(2).state, IncidentState::resolved);
  EXPECT_FALSE(world.book.take_silent_ended());
}

TEST_F(AreaOfComplaints, ElsewhereIsAnotherIncident) {
  open_area();
  suspect(area({"site-3-1", "site-2-1"}, 6));
  EXPECT_EQ(world.book.records().size(), 2U);
}

TEST_F(AreaOfComplaints, MovesToTheNodeThatHasMostOfItsCallers) {
  open_area();
  world.now += 2h;
  suspect(at("agg-1", 5));
  EXPECT_EQ(world.story(1), "suspected opened rerooted");
  EXPECT_EQ(world.incident(1).root, Root(world.node("agg-1")));
  EXPECT_EQ(world.book.records().size(), 1U);
}

TEST_F(AreaOfComplaints, LeavesARingWithOtherCallersToItself) {
  open_area();
  suspect(at("agg-1", 3));
  EXPECT_EQ(world.book.records().size(), 2U);
  EXPECT_EQ(world.story(1), "suspected opened");
}

TEST_F(AreaOfComplaints, HasItsSitesInIt) {
  open_area();
  suspect(at("site-1-3", 3));      // of six: a part of it
  suspect(at("site-1-3", 5, 18));  // most of them, and yet hardly better
  EXPECT_EQ(world.story(1), "suspected opened");
  suspect(at("site-1-3", 20, 60));
  EXPECT_EQ(world.story(1), "suspected opened rerooted");
  EXPECT_EQ(world.book.records().size(), 1U);
}

TEST_F(AreaOfComplaints, TakesInWhatIsSuspectedOfItsSites) {
  suspect(at("site-1-3", 3, 4));
  suspect(at("site-2-3", 3, 4));
  suspect(area({"site-1-3", "site-2-3"}, 6));
  EXPECT_EQ(world.count(IncidentEvent::suspected), 2U);
  EXPECT_EQ(world.incident(1).root, area_root({"site-1-3", "site-2-3"}));
  EXPECT_EQ(world.incident(2).merged_into, 1U);
}

TEST_F(AreaOfComplaints, BecomesWhatProbesFindIfThatHasMostOfItsCallers) {
  open_area();
  Hypothesis found = at("site-1-3", 4, 40);
  found.complaints_only = false;
  found.level = Level::site;
  found.bad = found.affected;
  world.set_bad("site-1-3");
  Actions actions;
  world.book.reconcile(std::span(&found, 1), {world.now, world.health, false}, actions);
  world.keep(actions);
  EXPECT_EQ(world.book.records().size(), 1U);
  EXPECT_EQ(world.incident(1).root, Root(world.node("site-1-3")));
  EXPECT_FALSE(world.incident(1).complaint_only);
}

TEST_F(AreaOfComplaints, IsNotWhatProbesFindOfAFewOfItsCallers) {
  open_area();
  Hypothesis found = at("site-1-3", 2, 40);
  found.complaints_only = false;
  found.level = Level::site;
  found.bad = found.affected;
  Actions actions;
  world.book.reconcile(std::span(&found, 1), {world.now, world.health, false}, actions);
  world.keep(actions);
  EXPECT_EQ(world.book.records().size(), 2U);
  EXPECT_TRUE(world.incident(1).complaint_only);
}

TEST_F(AreaOfComplaints, EndsWhenNobodyCallsAndIsReopenedByACircleOverTheSamePlace) {
  open_area();
  world.now += 46min;
  world.pass(1s);
  ASSERT_EQ(world.story(1), "suspected opened resolved");
  suspect(area({"site-2-3", "site-2-4"}, 6));
  for (int i = 0; i < 6; ++i) world.complain("again" + std::to_string(i), 2);
  world.pass(20s);
  EXPECT_THAT(world.story(1), testing::StartsWith("suspected opened resolved reopened"));
}

}  // namespace
}  // namespace faultline::decide::test
