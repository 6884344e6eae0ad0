// What the pipeline learns of its own network, and when it had better conclude nothing.
#include "tests/unit/rules_pipeline/world.h"

#include <gmock/gmock.h>

namespace faultline::test {
namespace {

// A network whose cells now and then lose packets for half a minute: six of 54 in an hour, each elsewhere.
class RestlessNetwork : public testing::Test {
 protected:
  RestlessNetwork() : world(Network::city(3, 6, 3)) {
    for (int hour = 0; hour < 6; ++hour) {
      for (int ring = 1; ring <= 3; ++ring)
        for (const int site : {1 + hour % 6, 1 + (hour + 3) % 6}) flicker(ring, site, 1 + hour % 3);
      world.pass(180s);
      world.now += 1h - 252s;
    }
    world.pass(60s);
  }
  void flicker(int ring, int site, int cell) {
    const std::string name =
        "cell-" + std::to_string(ring) + "-" + std::to_string(site) + "-" + std::to_string(cell);
    world.cut(name, 0.6);
    world.pass(12s);  // one round, and the burst that it asks for
    world.mend(name);
  }
  PipelineWorld world;
};

TEST_F(RestlessNetwork, TwoThatLosePacketsAtOneSiteAreACoincidence) {
  ASSERT_EQ(world.opened(), "");
  world.cut("cell-2-4-1", 0.6);
  world.cut("cell-2-4-2", 0.6);
  world.pass(360s);
  EXPECT_EQ(world.opened(), "cell-2-4-1 cell-2-4-2");
}

// None of its cells was ever gone altogether: two that are at once are no habit.
TEST_F(RestlessNetwork, TwoThatAreGoneAtOneSiteAreTheSite) {
  world.cut("cell-2-4-1");
  world.cut("cell-2-4-2");
  world.pass(120s);
  EXPECT_EQ(world.opened(), "site-2-4");
}

// A cell of another ring that fails with this one: while it is suspected it may be one of the many that are
// well again in a moment, and when it is to be believed it is a wrong entry of the inventory.
TEST_F(RestlessNetwork, WhatFailsWithARingElsewhereIsAStrayOfIt) {
  world.cut("agg-2", 0.6);
  world.cut("cell-3-4-1", 0.6);
  world.pass(360s);
  EXPECT_EQ(world.opened(), "agg-2");
  EXPECT_THAT(world.pipeline.incident(world.last(IncidentEvent::opened).number)->suspected_members,
              testing::ElementsAre(world.below("cell-3-4-1").front()));
}

TEST(QuietNetwork, TwoThatLosePacketsAtOneSiteAreTheSite) {
  PipelineWorld world(Network::city(3, 6, 3));
  world.pass(60s);
  world.cut("cell-2-4-1", 0.6);
  world.cut("cell-2-4-2", 0.6);
  world.pass(120s);
  EXPECT_EQ(world.opened(), "site-2-4");
}

// While the probe host was blind a site failed. When it sees again the first results are all of that site, or
// none is: nothing is concluded until every endpoint has had its turn.
TEST(Settling, NothingIsConcludedUntilAllHaveBeenMeasuredAgain) {
  PipelineWorld world(Network::city(3, 6, 3));
  world.pass(60s);
  world.host_healthy = false;
  world.pass(30s);
  world.cut("site-2-3");
  world.host_healthy = true;
  const auto& host = world.rules->decide.probe_host;
  world.pass(std::chrono::round<std::chrono::seconds>(host.recover));
  ASSERT_EQ(world.count(IncidentEvent::resolved), 0U);
  world.pass(1s);
  ASSERT_EQ(world.count(IncidentEvent::resolved), 1U);  // the host's
  const Timestamp well = world.now;
  world.pass(300s);
  EXPECT_EQ(world.root_of(world.last(IncidentEvent::suspected)), "site-2-3");
  EXPECT_GE(world.last(IncidentEvent::suspected).suspected_at, well + host.settle);
  EXPECT_EQ(world.root_of(world.last(IncidentEvent::opened)), "site-2-3");
}

// What another version, or nobody, has written is no baseline: the endpoint begins anew, and is judged by
// loss meanwhile.
TEST(StrangeBaseline, IsIgnored) {
  PipelineWorld world(Network::city(1, 2, 2));
  const EndpointIndex cell = world.below("cell-1-1-1").front();
  const std::vector<std::byte> strange(300, std::byte{0x5a});
  world.pipeline.restore_baseline(cell, strange);
  world.pipeline.restore_baseline(cell, {});
  EXPECT_TRUE(world.pipeline.baseline(cell).empty());
  world.pass(60s);
  world.cut("cell-1-1-1");
  world.pass(300s);
  EXPECT_EQ(world.opened(), "cell-1-1-1");
}

}  // namespace
}  // namespace faultline::test
