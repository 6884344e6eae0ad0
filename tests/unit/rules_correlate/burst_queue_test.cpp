#include "rules/correlate/burst_queue.h"

#include "rules/correlate/siblings.h"
#include "tests/unit/rules_correlate/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using testing::SizeIs;

ProbeRules rules() {
  return {10, 3, 10s, 20s, 4, 16, 20, 5};
}
EndpointIndex endpoint(std::uint32_t i) {
  return EndpointIndex{i};
}

TEST(BurstQueue, GivesTheUrgentFirst) {
  BurstQueue queue;
  queue.ask(endpoint(1), BurstReason::recovery, kStart, rules());
  queue.ask(endpoint(2), BurstReason::sibling, kStart, rules());
  queue.ask(endpoint(3), BurstReason::suspicion, kStart, rules());
  const auto taken = queue.take(kStart, rules());
  ASSERT_THAT(taken, SizeIs(3));
  EXPECT_EQ(taken[0].endpoint, endpoint(3));
  EXPECT_EQ(taken[2].endpoint, endpoint(1));
}

TEST(BurstQueue, KeepsToTheBudget) {
  BurstQueue queue;
  for (std::uint32_t i = 0; i < 100; ++i) queue.ask(endpoint(i), BurstReason::sibling, kStart, rules());
  EXPECT_THAT(queue.take(kStart, rules()), SizeIs(3));
  EXPECT_THAT(queue.take(kStart + 100ms, rules()), SizeIs(1));
  EXPECT_THAT(queue.take(kStart + 10s, rules()), SizeIs(3));
}

TEST(BurstQueue, MeasuresAnEndpointOnceInTenSeconds) {
  BurstQueue queue;
  queue.ask(endpoint(1), BurstReason::suspicion, kStart, rules());
  EXPECT_THAT(queue.take(kStart, rules()), SizeIs(1));
  queue.ask(endpoint(1), BurstReason::hold, kStart + 5s, rules());
  queue.ask(endpoint(1), BurstReason::suspicion, kStart + 5s, rules());
  EXPECT_THAT(queue.take(kStart + 5s, rules()), SizeIs(0));
  EXPECT_THAT(queue.take(kStart + 10s, rules()), SizeIs(1));
}

TEST(BurstQueue, RaisesTheUrgencyOfOneThatWaits) {
  BurstQueue queue;
  queue.ask(endpoint(1), BurstReason::sibling, kStart, rules());
  queue.ask(endpoint(1), BurstReason::suspicion, kStart, rules());
  EXPECT_EQ(queue.waiting(), 1U);
  EXPECT_EQ(queue.take(kStart, rules()).front().reason, BurstReason::suspicion);
}

TEST(Siblings, LooksAtEveryGroupOfTheRingBeforeTheWholeSite) {
  test::Network network;
  network.node("agg", NodeKind::aggregation);
  for (int s = 0; s < 6; ++s) network.site("s" + std::to_string(s), 3, {"agg"});
  const auto topology = network.build();
  const Footprints footprints(topology);
  const auto bad = *topology->find_endpoint("s2-c0");
  const auto found = siblings_of(
      footprints, rules(), bad, [&](EndpointIndex e) { return e != bad; }, [](NodeIndex) { return 2U; });
  ASSERT_THAT(found, SizeIs(5 + 2));
  EXPECT_EQ(topology->endpoint(found[0]).name, "s0-c0");
  EXPECT_EQ(topology->endpoint(found[5]).name, "s2-c1");
}

TEST(Siblings, RulesOutTheParentOnceItsOtherGroupsAreMeasured) {
  test::Network network;
  network.node("core", NodeKind::core);
  for (int a = 0; a < 4; ++a) {
    const std::string agg = "agg-" + std::to_string(a);
    network.node(agg, NodeKind::aggregation, {"core"});
    for (int s = 0; s < 3; ++s) network.site(agg + "-s" + std::to_string(s), 2, {agg});
  }
  const auto topology = network.build();
  const Footprints footprints(topology);
  const auto root = *topology->find_node("agg-0");
  EXPECT_FALSE(is_parent_measured(footprints, root, 0.7, 3, [](EndpointIndex) { return true; }));
  EXPECT_TRUE(is_parent_measured(footprints, root, 0.7, 3, [](EndpointIndex) { return false; }));
}

}  // namespace
}  // namespace faultline::correlate
