// What was heard of a night in which hardly anybody calls.
#include "tests/unit/rules_pipeline/world.h"

namespace faultline::test {
namespace {

class Night : public testing::Test {
 protected:
  Night() : world(Network::city(3, 6, 3)) {
    world.period = 600;
    world.now = std::chrono::floor<std::chrono::days>(world.now) + 22h;
    world.pass(60s);
  }
  PipelineWorld world;
};

TEST_F(Night, IsCountedTogetherInTheMorningThoughNobodyCallsAnyMore) {
  for (std::uint64_t hour = 0; hour < 8; ++hour) {  // another customer of the site each hour
    world.complain(in_cell(hour + 1, world.below("site-2-3")[hour % 3]));
    world.pass(1h);
  }
  world.pass(54min);
  ASSERT_EQ(world.opened(), "");
  world.pass(15min);
  EXPECT_EQ(world.opened(), "site-2-3");
}

}  // namespace
}  // namespace faultline::test
