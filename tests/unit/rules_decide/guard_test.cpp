#include "rules/decide/guard.h"

#include "tests/unit/rules_decide/fixture.h"

#include <gtest/gtest.h>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::kStart;

const GuardRulesOfHost& host() {
  return test::rules().probe_host;
}

// So many scheduled results in the last second, of which so many lost, and the tick after them.
HostVerdict tick(HostGuard& guard, Duration at, int results, int lost, std::uint32_t aggregations,
                 bool healthy = true) {
  for (int i = 0; i < results; ++i) guard.note_round(i < lost, kStart + at - 500ms);
  return guard.on_tick(healthy, 0, 1000, aggregations, kStart + at, host());
}

TEST(HostGuard, IsBlindAtOnceAndSickAfterTenSeconds) {
  HostGuard guard;
  EXPECT_TRUE(tick(guard, 1s, 0, 0, 0, false).became_blind);
  EXPECT_FALSE(guard.results_count());
  EXPECT_EQ(tick(guard, 5s, 0, 0, 0, false).state, HostState::blind);
  EXPECT_EQ(tick(guard, 11s, 0, 0, 0, false).state, HostState::sick);
}

TEST(HostGuard, TrustsResultsAgainAfterTenGoodSeconds) {
  HostGuard guard;
  tick(guard, 1s, 0, 0, 0, false);
  EXPECT_FALSE(tick(guard, 2s, 0, 0, 0, true).became_well);
  EXPECT_TRUE(tick(guard, 12s, 0, 0, 0, true).became_well);
  EXPECT_TRUE(guard.results_count());
}

TEST(HostGuard, DoubtsALossOfEverythingAndAsksASample) {
  HostGuard guard;
  EXPECT_TRUE(tick(guard, 1s, 100, 90, 5).sample_wanted);
  EXPECT_FALSE(guard.may_open());
  EXPECT_TRUE(guard.results_count());
}

TEST(HostGuard, DoesNotDoubtACutRing) {
  HostGuard guard;
  EXPECT_FALSE(tick(guard, 1s, 100, 90, 1).sample_wanted);
  HostGuard few;
  EXPECT_FALSE(tick(few, 1s, 19, 19, 5).sample_wanted);
  HostGuard some;
  EXPECT_FALSE(tick(some, 1s, 100, 40, 5).sample_wanted);
}

TEST(HostGuard, AccusesTheHostWhenTheSampleIsGood) {
  HostGuard guard;
  tick(guard, 1s, 100, 100, 5);
  const std::vector<EndpointIndex> sample = {{1}, {2}, {3}};
  guard.set_sample(sample);
  for (const EndpointIndex endpoint : sample) guard.note_sample(endpoint, true);
  const auto verdict = tick(guard, 2s, 0, 0, 5);
  EXPECT_TRUE(verdict.accused);
  EXPECT_EQ(verdict.state, HostState::sick);
  EXPECT_FALSE(verdict.why.empty());
}

TEST(HostGuard, BelievesALossThatTheSampleConfirms) {
  HostGuard guard;
  tick(guard, 1s, 100, 100, 5);
  guard.set_sample(std::vector<EndpointIndex>{{1}, {2}});
  guard.note_sample({1}, false);
  guard.note_sample({2}, false);
  EXPECT_FALSE(tick(guard, 2s, 0, 0, 5).accused);
  EXPECT_TRUE(guard.may_open());
  EXPECT_FALSE(tick(guard, 3s, 100, 100, 5).sample_wanted) << "asked once is enough while it lasts";
}

}  // namespace
}  // namespace faultline::decide
