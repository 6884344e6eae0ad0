// The clock of the machine is set while something is wrong: late, early, by an hour. Nothing is told twice,
// and nothing waits until the clock has caught up.
#include "tests/unit/rules_pipeline/world.h"

#include <cstdlib>

namespace faultline::test {
namespace {

class PipelineClock : public testing::TestWithParam<std::chrono::minutes> {
 protected:
  PipelineClock() : world(Network::city(3, 6, 3)) { world.pass(120s); }
  void jump() { world.now += GetParam(); }

  PipelineWorld world;
};

TEST_P(PipelineClock, SetInQuietTimesRaisesNothingAndHidesNothing) {
  jump();
  world.pass(180s);
  EXPECT_TRUE(world.told.empty());
  world.cut("agg-2");
  world.pass(90s);
  EXPECT_EQ(world.opened(), "agg-2");
}

TEST_P(PipelineClock, SetDuringASuspicionDelaysTheTicketByItsHoldAtMost) {
  world.cut("site-2-3");
  world.pass(20s);
  ASSERT_EQ(world.opened(), "");
  jump();
  world.pass(180s);
  EXPECT_EQ(world.opened(), "site-2-3");
}

TEST_P(PipelineClock, SetDuringAnIncidentKeepsItAndItsEnd) {
  world.cut("agg-2");
  world.pass(90s);
  ASSERT_EQ(world.opened(), "agg-2");
  jump();
  world.pass(120s);
  EXPECT_EQ(world.pipeline.incident(1)->state, IncidentState::open);
  world.mend("agg-2");
  world.pass(900s);
  EXPECT_EQ(world.opened(), "agg-2");
  EXPECT_EQ(world.pipeline.incident(1)->state, IncidentState::resolved);
}

TEST_P(PipelineClock, SetDuringARecoveryDelaysTheEndByTheRecoveryAtMost) {
  world.cut("agg-2");
  world.pass(90s);
  world.mend("agg-2");
  world.pass(180s);
  ASSERT_EQ(world.pipeline.incident(1)->state, IncidentState::recovering);
  jump();
  world.pass(600s);
  EXPECT_EQ(world.pipeline.incident(1)->state, IncidentState::resolved);
  EXPECT_EQ(world.opened(), "agg-2");
}

TEST_P(PipelineClock, SetWhileTheProbeHostRecoversDoesNotKeepItBlind) {
  world.host_healthy = false;
  world.pass(30s);
  world.host_healthy = true;
  world.pass(5s);
  jump();
  world.pass(180s);
  EXPECT_EQ(world.count(IncidentEvent::resolved), 1U);  // its own incident
  world.cut("agg-2");
  world.pass(120s);
  EXPECT_EQ(world.root_of(world.last(IncidentEvent::opened)), "agg-2");
}

TEST_P(PipelineClock, SetWhileCustomersComplainLosesNoneOfThem) {
  world.cut("agg-2");
  world.pass(90s);
  const auto cell = world.topology->find_endpoint("cell-2-3-1");
  world.complain(in_cell(1, cell));
  jump();
  world.pass(60s);
  world.complain(in_cell(2, cell));
  EXPECT_EQ(world.complaints["c1"], IncidentNumber{1});
  EXPECT_EQ(world.complaints["c2"], IncidentNumber{1});
}

INSTANTIATE_TEST_SUITE_P(By, PipelineClock, testing::Values(-60min, -5min, 5min, 60min), [](const auto& by) {
  return (by.param < 0min ? "Back" : "Ahead") + std::to_string(std::abs(by.param.count()));
});

}  // namespace
}  // namespace faultline::test
