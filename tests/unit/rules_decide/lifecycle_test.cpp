#include "rules/decide/lifecycle.h"

#include "tests/unit/rules_decide/fixture.h"

#include <gtest/gtest.h>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::rules;

// A suspicion that has everything it needs to open.
LifecycleFacts ready() {
  LifecycleFacts facts;
  facts.suspected_at = kStart;
  facts.now = kStart + 60s;
  facts.hold = 50s;
  facts.log_odds = 20;
  facts.threshold = 3;
  facts.bad = facts.fresh = facts.fresh_bad = 3;
  return facts;
}

TEST(Lifecycle, OpensAfterTheHoldWhenMembersAreStillBad) {
  EXPECT_EQ(next_step(ready(), rules()).next, IncidentState::open);
}

TEST(Lifecycle, WaitsForEachConditionAndSaysForWhich) {
  const auto reason_with = [](auto change) {
    LifecycleFacts facts = ready();
    change(facts);
    const LifecycleStep step = next_step(facts, rules());
    EXPECT_EQ(step.next, IncidentState::suspected);
    return step.reason;
  };
  EXPECT_EQ(reason_with([](auto& f) { f.now = kStart + 40s; }), LifecycleReason::waiting);
  EXPECT_EQ(reason_with([](auto& f) { f.log_odds = 2; }), LifecycleReason::unsure);
  EXPECT_EQ(reason_with([](auto& f) { f.fresh_bad = 1; }), LifecycleReason::not_remeasured);
  EXPECT_EQ(reason_with([](auto& f) { f.fresh = f.fresh_bad = 0; }), LifecycleReason::not_remeasured);
  EXPECT_EQ(reason_with([](auto& f) { f.parent_measured = false, f.now = kStart + 55s; }),
            LifecycleReason::parent_unmeasured);
  EXPECT_EQ(reason_with([](auto& f) { f.blocked = true; }), LifecycleReason::held_by_guard);
}

TEST(Lifecycle, WithdrawsABlipButNotForMissingData) {
  LifecycleFacts facts = ready();
  facts.bad = 0;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::withdrawn);
  facts.missing_share = 0.9;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::suspected);
}

TEST(Lifecycle, RecoversOnlyOnFreshGoodResults) {
  LifecycleFacts facts = ready();
  facts.state = IncidentState::open;
  facts.bad = 0;
  facts.recovered_share = 0.5;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::open);
  facts.recovered_share = 0.8;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::recovering);
}

TEST(Lifecycle, ResolvesAfterTheRecoveryTimeOrRelapses) {
  LifecycleFacts facts = ready();
  facts.state = IncidentState::recovering;
  facts.bad = 0;
  facts.recovered_share = 1;
  facts.recovered_at = kStart;
  facts.recovery = 300s;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::recovering);
  facts.now = kStart + 300s;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::resolved);
  facts.bad = 1;
  EXPECT_EQ(next_step(facts, rules()).reason, LifecycleReason::bad_again);
}

TEST(Lifecycle, ClosesAfterADay) {
  LifecycleFacts facts;
  facts.state = IncidentState::resolved;
  facts.resolved_at = kStart;
  facts.now = kStart + 23h;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::resolved);
  facts.now = kStart + 24h;
  EXPECT_EQ(next_step(facts, rules()).next, IncidentState::closed);
}

TEST(Lifecycle, DemandsMoreWhereFewCustomersSuffer) {
  EXPECT_NEAR(opening_threshold(5000, rules().opening), 2.2, 1e-9);
  EXPECT_NEAR(opening_threshold(64, rules().opening), 4.95, 0.01);
  EXPECT_NEAR(opening_threshold(0, rules().opening), 2.2 + 6.908, 0.001);
}

TEST(Lifecycle, DoublesTheRecoveryTimeWithEveryReopeningUpToALimit) {
  EXPECT_EQ(recovery_time(0, rules().ending), 300s);
  EXPECT_EQ(recovery_time(1, rules().ending), 600s);
  EXPECT_EQ(recovery_time(3, rules().ending), 2400s);
  EXPECT_EQ(recovery_time(9, rules().ending), 2400s);
}

}  // namespace
}  // namespace faultline::decide
