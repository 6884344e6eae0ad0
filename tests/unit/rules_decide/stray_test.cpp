// A wider fault that only customers see, and others who call from amid it although the inventory has their
// line elsewhere: no second ticket.
#include "rules/decide/vicinity.h"
#include "tests/unit/rules_decide/book_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace faultline::decide::test {
namespace {

using namespace std::chrono_literals;

constexpr double kApart = 0.01;  // degrees of latitude, 1.1 km

// Two rings of four sites on a line, ten lines each; one line of the far ring stands amid the near one.
std::shared_ptr<const Topology> network() {
  std::vector<NodeRecord> nodes{{{"core", NodeKind::core, {}, {}, false}, {}}};
  std::vector<EndpointRecord> endpoints;
  for (int s = 0; s < 8; ++s) {
    const std::string ring = s < 4 ? "near" : "far", site = ring + "-" + std::to_string(s);
    if (s % 4 == 0)
      nodes.push_back({{ring, NodeKind::aggregation, {}, {}, false}, {{EdgeKind::transport, "core"}}});
    nodes.push_back({{site, NodeKind::olt, {}, {}, false}, {{EdgeKind::transport, ring}}});
    for (int k = 0; k < 10; ++k) {
      EndpointRecord record;
      record.endpoint.name = site + "-" + std::to_string(k);
      record.endpoint.technology = Technology::gpon;
      record.endpoint.customers = 32;
      record.endpoint.place = Place{52 + kApart * (s < 4 ? s : s + 20), 5};
      if (record.endpoint.name == "far-7-9") record.endpoint.place = Place{52 + kApart, 5};
      if (record.endpoint.name == "far-7-8") record.endpoint.place.reset();
      record.parents = {{EdgeKind::transport, site}};
      endpoints.push_back(std::move(record));
    }
  }
  return *Topology::build(std::move(nodes), std::move(endpoints));
}

struct SilentFault : testing::Test {
  BookWorld world{network()};

  Hypothesis heard_at(Root root, Level level, Duration ago) const {
    Hypothesis one;
    one.root = std::move(root);
    one.level = level;
    one.gain_nats = one.margin_nats = 15;
    one.complaints_only = true;
    one.complaints = 4;
    one.onset = one.median_onset = world.now - ago;
    one.evidence.push_back({"they complain", 15});
    return one;
  }
  Hypothesis at_line(const std::string& name, Duration ago = 1min) const {
    const EndpointIndex line = *world.topology->find_endpoint(name);
    Hypothesis one = heard_at(line, Level::endpoint, ago);
    one.affected = {line};
    return one;
  }
  void suspect(const Hypothesis& one) {
    Actions actions;
    world.book.suspect_by_complaints(one, world.now, actions);
    world.keep(actions);
  }
  void open_ring() {
    Hypothesis one = heard_at(world.node("near"), Level::wide, 10min);
    one.affected = world.below("near");
    suspect(one);
    for (int i = 0; i < 8; ++i) world.complain("c" + std::to_string(i), 1);
    world.pass(60s);
    ASSERT_EQ(world.story(1), "suspected opened");
  }
};

TEST_F(SilentFault, HasALineAmidItThatTheInventoryPutsElsewhere) {
  open_ring();
  suspect(at_line("far-7-9"));
  EXPECT_EQ(world.book.records().size(), 1U);
  EXPECT_THAT(world.incident(1).suspected_members,
              testing::ElementsAre(*world.topology->find_endpoint("far-7-9")));
  EXPECT_TRUE(world.book.take_footprint_changed()) << "its complaints are to be attached";
  suspect(at_line("far-7-9"));
  EXPECT_EQ(world.incident(1).suspected_members.size(), 1U);
}

TEST_F(SilentFault, LeavesOutALineFarAwayOrWithoutAPlaceOrFromBefore) {
  open_ring();
  suspect(at_line("far-7-1"));
  suspect(at_line("far-7-8"));
  suspect(at_line("far-7-9", 30min));
  EXPECT_EQ(world.book.records().size(), 4U);
  EXPECT_TRUE(world.incident(1).suspected_members.empty());
}

TEST_F(SilentFault, TakesALineThatWasSuspectedBeforeItWasToldItself) {
  Hypothesis ring = heard_at(world.node("near"), Level::wide, 5min);
  ring.affected = world.below("near");
  suspect(ring);
  for (int i = 0; i < 8; ++i) world.complain("c" + std::to_string(i), 1);
  world.pass(2s);
  suspect(at_line("far-7-9", 5min));
  world.complain("a", 2);
  world.pass(5min);
  EXPECT_EQ(world.story(1), "suspected opened updated");
  EXPECT_EQ(world.story(2), "suspected withdrawn");
  EXPECT_EQ(world.incident(2).merged_into, 1U);
  EXPECT_EQ(world.incident(1).suspected_members.size(), 1U);
}

TEST_F(SilentFault, IsNoReasonToOverlookANodeBesideIt) {
  open_ring();
  Hypothesis site = heard_at(world.node("far-7"), Level::site, 1min);
  site.affected = world.below("far-7");
  suspect(site);
  EXPECT_EQ(world.book.records().size(), 2U);
}

TEST_F(SilentFault, HasCallersOfAnAreaAmidIt) {
  open_ring();
  Hypothesis area = heard_at(Area{{world.node("far-5"), world.node("far-7")}}, Level::wide, 1min);
  area.affected = world.below("far-7");
  area.callers = Place{52 + kApart, 5};
  suspect(area);
  EXPECT_EQ(world.book.records().size(), 1U);
  EXPECT_TRUE(world.incident(1).suspected_members.empty());
  area.callers = Place{52 + 25 * kApart, 5};
  suspect(area);
  EXPECT_EQ(world.book.records().size(), 2U);
}

// Most lines of the near ring lose packets at once; the rest of them, if at all, and another one ten minutes
// later.
struct RingThatFillsUp : testing::Test {
  BookWorld world{network()};

  void set_bad(int from, int to) {
    for (int s = 0; s < 4; ++s)
      for (int k = from; k < to; ++k)
        world.set_bad("near-" + std::to_string(s) + "-" + std::to_string(k), 0.3F);
  }
  void fill(const std::string& with, bool has_others = true) {
    set_bad(0, 7);
    world.pass(10min);
    ASSERT_EQ(world.count(IncidentEvent::opened), 1U);
    if (has_others) set_bad(7, 10);
    world.set_bad(with, 0.3F);
    for (int minute = 0; minute < 10; ++minute) {
      world.book.note_bad_round(*world.topology->find_endpoint(with));
      world.pass(1min);
    }
  }
};

TEST_F(RingThatFillsUp, TakesInAStrayAmidItThatFollowsWithOthersOfIt) {
  fill("far-7-9");
  EXPECT_EQ(world.count(IncidentEvent::opened), 1U);
  EXPECT_THAT(world.incident(1).suspected_members,
              testing::ElementsAre(*world.topology->find_endpoint("far-7-9")));
}

TEST_F(RingThatFillsUp, LeavesOutWhatIsFarFromIt) {
  fill("far-7-1");
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);
}

TEST_F(RingThatFillsUp, LeavesOutWhatFollowsAlone) {
  fill("far-7-9", false);
  EXPECT_EQ(world.count(IncidentEvent::opened), 2U);
}

TEST(Vicinity, IsAroundMostOfThem) {
  const auto topology = network();
  const auto near = topology->endpoints_below(*topology->find_node("near"));
  const auto found = vicinity_of(*topology, near);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->has({52 + kApart, 5.01}));
  EXPECT_FALSE(found->has({52 + 10 * kApart, 5}));
  EXPECT_FALSE(found->has({52 + kApart, 6}));
  EXPECT_EQ(count_in(*found, *topology), 41U);
  EXPECT_FALSE(vicinity_of(*topology, std::vector{*topology->find_endpoint("far-7-8")}));
}

}  // namespace
}  // namespace faultline::decide::test
