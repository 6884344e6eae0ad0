// Where the pipeline looks before it believes.
#include "tests/unit/rules_pipeline/world.h"

namespace faultline::test {
namespace {

class Watched : public testing::Test {
 protected:
  Watched() : world(Network::city(3, 4, 3)) {
    world.period = 60;
    world.pass(600s);
  }
  bool is_suspected() const { return world.count(IncidentEvent::suspected) > 0; }
  PipelineWorld world;
};

// Two short troubles, a minute apart, look like a long one to rounds every minute: somebody has to look in
// between, all the time before a single endpoint opens.
TEST_F(Watched, ASingleEndpointIsMeasuredAgainAndAgainBeforeItOpens) {
  const EndpointIndex cell = world.below("cell-2-2-1").front();
  world.cut("cell-2-2-1");
  for (int i = 0; i < 90 && !is_suspected(); ++i) world.pass(1s);
  ASSERT_TRUE(is_suspected());
  const auto answers_in = world.rules->correlate.probe.watch_spacing + 3s;
  for (int i = 0; i < 170; ++i) {
    world.pass(1s);
    EXPECT_LE(world.now - world.pipeline.health(cell).measured, answers_in);
  }
  ASSERT_EQ(world.opened(), "");
  world.pass(120s);
  EXPECT_EQ(world.opened(), "cell-2-2-1");
}

// What is bad now and then is no reason to measure the whole network; more than that is.
TEST_F(Watched, TheNetworkIsSweptWhenMoreIsBadThanUsual) {
  const auto bursts_elsewhere = [&](std::chrono::seconds time) {
    std::set<EndpointIndex> rings;
    for (; time.count() > 0; time -= 1s) {
      world.pass(1s);
      for (const BurstRequested& one : world.asked)
        if (one.reason == BurstReason::sibling)
          for (const EndpointIndex cell : world.below("agg-3"))
            if (cell == one.endpoint) rings.insert(cell);
    }
    return rings.size();
  };
  // Each of them now and then: no surprise any more.
  for (int i = 0; i < 20; ++i) {
    world.cut("cell-1-1-1", 0.6);
    world.pass(70s);
    world.mend("cell-1-1-1");
    world.pass(600s);
  }
  world.cut("cell-1-1-1", 0.6);
  EXPECT_EQ(bursts_elsewhere(75s), 0U);
  world.mend("cell-1-1-1");
  world.pass(600s);
  world.cut("agg-1");
  EXPECT_GT(bursts_elsewhere(75s), 0U);
}

}  // namespace
}  // namespace faultline::test
