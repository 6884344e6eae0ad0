// Networks of odd shapes, and a network that changes its shape in mid-incident: each has a defined answer.
#include "tests/unit/rules_pipeline/world.h"

namespace faultline::test {
namespace {

TEST(PipelineShape, AnEmptyNetworkHasNoIncidents) {
  PipelineWorld world(Network{});
  world.pass(120s);
  world.complain(at_place(1, {52.3, 4.8}));
  EXPECT_TRUE(world.told.empty());
  EXPECT_EQ(world.bursts, 0U);
}

TEST(PipelineShape, OneNodeWithoutEndpointsHasNoIncidents) {
  Network network;
  network.node("core", NodeKind::core);
  PipelineWorld world(network);
  world.pass(120s);
  world.complain(at_place(1, {52.3, 4.8}));
  EXPECT_TRUE(world.told.empty());
}

// One bad endpoint is no evidence against what it hangs on, even if nothing else hangs there.
TEST(PipelineShape, TheOnlyEndpointOfTheOnlyNodeIsToBlameItself) {
  Network network;
  network.node("site", NodeKind::site);
  network.endpoint("cell", {"site"});
  PipelineWorld world(network);
  world.pass(60s);
  world.cut("cell");
  world.pass(300s);
  EXPECT_EQ(world.opened(), "cell");
  world.mend("cell");
  world.pass(600s);
  EXPECT_EQ(world.count(IncidentEvent::resolved), 1U);
}

TEST(PipelineShape, EndpointsWithoutParentOrCoordinatesFailEachForItself) {
  Network network;
  for (const char* name : {"a", "b", "c"}) network.endpoint(name);
  PipelineWorld world(network);
  world.pass(60s);
  world.cut("a");
  world.cut("b");
  world.pass(300s);
  EXPECT_EQ(world.opened(), "a b");
  // A place says nothing of them; a line does.
  world.complain(at_place(1, {52.3, 4.8}));
  world.complain(on_line(2, world.topology->find_endpoint("b")));
  EXPECT_EQ(world.complaints["c1"], std::nullopt);
  ASSERT_TRUE(world.complaints["c2"]);
  EXPECT_EQ(world.root_of(*world.pipeline.incident(*world.complaints["c2"])), "b");
  EXPECT_TRUE(world.pipeline.answer(at_place(3, {52.3, 4.8})).nearby.empty());
  world.mend("a");
  world.mend("b");
  world.pass(600s);
  EXPECT_EQ(world.count(IncidentEvent::resolved), 2U);
}

// Sites without coordinates that fail together have no distance: no common cause is made up for them.
TEST(PipelineShape, SitesWithoutCoordinatesAreNotNeighbours) {
  Network network;
  for (const char* site : {"east", "west"}) {
    network.node(site, NodeKind::site);
    for (const char* cell : {"-1", "-2", "-3"}) network.endpoint(std::string(site) + cell, {site});
  }
  PipelineWorld world(network);
  world.pass(60s);
  world.cut("east");
  world.cut("west");
  world.pass(120s);
  EXPECT_EQ(world.opened(), "east west");
}

#ifdef __SANITIZE_ADDRESS__  // twenty times slower, and as true with fewer
constexpr int kMany = 2'500;
#else
constexpr int kMany = 50'000;
#endif

TEST(PipelineShape, ANodeOfFiftyThousandIsOneIncidentAndAFewBursts) {
  Network network;
  network.node("site", NodeKind::site);
  for (int i = 0; i < kMany; ++i) network.endpoint("line-" + std::to_string(i), {"site"});
  PipelineWorld world(network);
  world.pass(20s);
  world.cut("site");
  world.pass(100s);
  EXPECT_EQ(world.opened(), "site");
  EXPECT_GT(world.last(IncidentEvent::opened).affected.size(), static_cast<std::size_t>(kMany) * 98 / 100);
  const ProbeRules& probe = world.rules->correlate.probe;
  EXPECT_LE(static_cast<double>(world.bursts), probe.burst_reserve + 100 * probe.bursts_per_second);
}

TEST(PipelineShape, ARingOfAHundredThousandEndpointsIsFoundAmongAHundred) {
  PipelineWorld world(Network::city(100, 50, 20));
  ASSERT_EQ(world.topology->endpoints().size(), 100'000U);
  world.pass(20s);
  world.cut("agg-42");
  world.pass(60s);
  EXPECT_EQ(world.opened(), "agg-42");
  EXPECT_EQ(world.last(IncidentEvent::opened).affected.size(), 1000U);
}

// The inventory is corrected while a ring is down: cells of it turn out to hang elsewhere.
class PipelineMove : public testing::Test {
 protected:
  PipelineMove() : world(Network::city(3, 6, 3)) {
    world.pass(60s);
    world.cut("agg-1");
    world.pass(90s);
  }
  static Network moved(const std::set<std::string>& cells) {
    Network network = Network::city(3, 6, 3);
    for (EndpointRecord& record : network.endpoints)
      if (cells.contains(record.endpoint.name)) record.parents.front().parent = "site-3-4";
    return network;
  }
  PipelineWorld world;
};

TEST_F(PipelineMove, KeepsOneIncidentWithTheMembersItHad) {
  ASSERT_EQ(world.opened(), "agg-1");
  ASSERT_EQ(world.last(IncidentEvent::opened).affected.size(), 18U);
  world.reload(moved({"cell-1-2-1", "cell-1-2-2"}));
  world.pass(600s);
  EXPECT_EQ(world.opened(), "agg-1");
  EXPECT_EQ(world.pipeline.incident(1)->state, IncidentState::open);
  EXPECT_EQ(world.pipeline.incident(1)->bad.size(), 18U);
  for (const char* name : {"agg-1", "cell-1-2-1", "cell-1-2-2"}) world.mend(name);
  world.pass(900s);
  EXPECT_EQ(world.opened(), "agg-1");
  EXPECT_EQ(world.count(IncidentEvent::resolved), 1U);
}

TEST_F(PipelineMove, WhatStaysBadInItsNewPlaceIsAFaultOfItsOwn) {
  world.reload(moved({"cell-1-2-1"}));
  world.mend("agg-1");  // without the one
  world.pass(1500s);
  EXPECT_EQ(world.count(IncidentEvent::resolved), 1U);
  EXPECT_EQ(world.opened(), "agg-1 cell-1-2-1");
}

TEST_F(PipelineMove, AMemberThatIsTakenOutIsForgottenAndTheRestResolves) {
  Network network = Network::city(3, 6, 3);
  std::erase_if(network.endpoints, [](const auto& record) { return record.endpoint.name == "cell-1-2-1"; });
  world.reload(network);
  world.pass(60s);
  EXPECT_EQ(world.pipeline.incident(1)->bad.size(), 17U);
  world.mend("agg-1");
  world.pass(900s);
  EXPECT_EQ(world.pipeline.incident(1)->state, IncidentState::resolved);
}

}  // namespace
}  // namespace faultline::test
