// What is observed of an incident's members: signals weak or disturbed, and whether the way to them changed.
#include "rules/decide/observe.h"

#include "tests/unit/rules_decide/book_world.h"

#include <gtest/gtest.h>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;

// What is observed of a site's three cells whose signal is bad, after this reading of each.
struct Signals : testing::Test {
  std::vector<CauseFeature> observed(Metric metric, float value) {
    test::BookWorld world(test::small_network(1, 2, 3));
    Record record;
    record.incident.root = world.node("site-1-1");
    record.incident.onset = world.now;
    record.members = world.below("site-1-1");
    for (const EndpointIndex endpoint : record.members) {
      EndpointHealth& health = world.health[endpoint.value];
      health.state = HealthState::bad;
      health.onset = world.now;
      health.respects = static_cast<std::uint8_t>(1U << static_cast<unsigned>(Respect::signal));
      Round round;
      round.endpoint = endpoint;
      round.finished = world.now + 1s;
      round.outcome = Outcome::ok;
      round.add(metric, value);
      world.observations.note(round);
    }
    const Present present{world.now + 2s, world.health, false};
    return world.observations.of_members(record, present, *world.topology, world.rules->decide.cause);
  }
  static bool has(const std::vector<CauseFeature>& list, CauseFeature feature) {
    return std::find(list.begin(), list.end(), feature) != list.end();
  }
};

TEST_F(Signals, BadAtAGoodLevelIsDisturbed) {
  const auto strong = observed(Metric::rsrp_dbm, -95);
  EXPECT_TRUE(has(strong, CauseFeature::signal_noisy));
  EXPECT_FALSE(has(strong, CauseFeature::signal_weak));
  EXPECT_TRUE(has(observed(Metric::rscp_dbm, -90), CauseFeature::signal_noisy)) << "UMTS";
}

TEST_F(Signals, BadAtALowLevelIsWeak) {
  const auto weak = observed(Metric::rsrp_dbm, -112);
  EXPECT_TRUE(has(weak, CauseFeature::signal_weak));
  EXPECT_FALSE(has(weak, CauseFeature::signal_noisy));
  EXPECT_TRUE(has(observed(Metric::rscp_dbm, -105), CauseFeature::signal_weak)) << "UMTS";
  EXPECT_TRUE(has(observed(Metric::sinr_db, -3), CauseFeature::signal_weak))
      << "of a level that nobody knows";
}

// The way to a member of a ring became another one so long after the ring failed, or before (negative).
bool shows_another_way(Duration after, bool is_back = false) {
  test::BookWorld world(test::small_network(1, 2, 3));
  Record record;
  record.incident.root = world.node("agg-1");
  record.incident.onset = world.now;
  record.members = record.incident.affected = world.below("agg-1");
  Alarm alarm{"path of cell-1-2-1", world.now + after, false, AlarmKind::path_change, {}, record.members[3]};
  world.observations.note(alarm);
  alarm.cleared = is_back;
  world.observations.note(alarm);
  const auto seen = world.observations.of_context(record, *world.topology);
  return std::find(seen.begin(), seen.end(), CauseFeature::path_change) != seen.end();
}

TEST(AnotherWay, IsASignOfTheFaultThatItCameWith) {
  EXPECT_TRUE(shows_another_way(20s));
  EXPECT_TRUE(shows_another_way(-2min)) << "the onset is an estimate";
  EXPECT_FALSE(shows_another_way(-1h)) << "that one is usual by now";
  EXPECT_FALSE(shows_another_way(20s, true));
}

}  // namespace
}  // namespace faultline::decide
