// Several probe hosts: each measures a share of the endpoints, and looks again for the others.
#include "tests/unit/rules_pipeline/world.h"

namespace faultline::test {
namespace {

class FourHosts : public testing::Test {
 protected:
  FourHosts() : world(with_hosts()) {
    world.hosts = 4;
    world.pass(60s);
  }
  static Network with_hosts() {
    Network city = Network::city(4, 5, 4);
    for (const char* name : {"probe-a", "probe-b", "probe-c", "probe-d"})
      city.node(name, NodeKind::probe_host);
    return city;
  }
  std::vector<BurstRequested> bursts_of(std::chrono::seconds time) {
    std::vector<BurstRequested> all;
    for (; time.count() > 0; time -= 1s) {
      world.pass(1s);
      all.insert(all.end(), world.asked.begin(), world.asked.end());
    }
    return all;
  }
  PipelineWorld world;
};

TEST_F(FourHosts, LossIsMeasuredAgainFromAnotherHost) {
  const EndpointIndex cell = world.below("cell-2-3-1").front();
  world.cut("cell-2-3-1", 0.8);
  std::size_t seen = 0;
  for (const BurstRequested& burst : bursts_of(15s)) {
    if (burst.endpoint != cell) continue;
    ++seen;
    EXPECT_NE(burst.from, world.home_of(cell));
  }
  EXPECT_GT(seen, 0U);
}

TEST_F(FourHosts, ARoundTripIsMeasuredAgainFromItsOwnHost) {
  world.pass(1200s);  // what is usual is known
  const EndpointIndex cell = world.below("cell-2-3-1").front();
  world.slow[cell] = 4;
  std::size_t seen = 0;
  for (const BurstRequested& burst : bursts_of(60s)) {
    if (burst.endpoint != cell) continue;
    ++seen;
    EXPECT_EQ(burst.from, world.home_of(cell));
  }
  EXPECT_GT(seen, 0U);
  world.pass(300s);
  EXPECT_EQ(world.opened(), "cell-2-3-1");
}

TEST_F(FourHosts, FindTheSameFaultsAsOne) {
  world.cut("agg-3");
  world.pass(120s);
  EXPECT_EQ(world.opened(), "agg-3");
}

TEST_F(FourHosts, OneThatSaysItIsBlindHasOneIncidentAndNoOtherOpens) {
  world.deaf.insert(2);
  world.pass(2s);
  world.failing.insert(2);
  world.pass(600s);
  EXPECT_EQ(world.opened(), "probe-c");
  world.deaf.clear();
  world.failing.clear();
  world.pass(120s);
  EXPECT_EQ(world.count(IncidentEvent::resolved), 1U);
}

// It does not know that it is blind; the others do.
TEST_F(FourHosts, OneThatIsDeafIsFoundOutByTheOthers) {
  world.deaf.insert(1);
  world.pass(120s);
  EXPECT_EQ(world.opened(), "probe-b");
}

TEST_F(FourHosts, WhileOneIsBlindTheOthersGoOn) {
  world.deaf.insert(0);
  world.failing.insert(0);
  world.pass(60s);
  world.cut("site-4-2");
  world.pass(300s);
  EXPECT_EQ(world.opened(), "probe-a site-4-2");
}

// Two that are blind at the same time are two incidents, each over when its own host is well.
TEST_F(FourHosts, EachHasItsOwnIncident) {
  world.failing = {1, 3};
  world.pass(60s);
  EXPECT_EQ(world.opened(), "probe-b probe-d");
  world.failing = {3};
  world.pass(60s);
  ASSERT_EQ(world.count(IncidentEvent::resolved), 1U);
  EXPECT_EQ(world.root_of(world.last(IncidentEvent::resolved)), "probe-b");
}

// A round trip that was long before its host went blind: nobody else knows what is usual, so nothing opens.
TEST_F(FourHosts, WhatOnlyABlindHostCanJudgeWaitsForIt) {
  world.pass(1200s);
  world.slow[world.below("cell-2-3-1").front()] = 4;
  world.pass(60s);
  ASSERT_EQ(world.opened(), "");
  const ProbeHostIndex home = world.home_of(world.below("cell-2-3-1").front());
  world.deaf.insert(home);
  world.failing.insert(home);
  world.pass(600s);
  EXPECT_EQ(world.opened(), "probe-" + std::string(1, static_cast<char>('a' + home)));
}

}  // namespace
}  // namespace faultline::test
