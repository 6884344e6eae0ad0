// Rounds, metrics, places, customers: the small things that everything else relies on.
#include "rules/model/health.h"
#include "rules/model/metric.h"
#include "rules/model/place.h"
#include "rules/model/round.h"
#include "rules/model/topology.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace faultline {
namespace {

TEST(Round, TakesSoManyValuesAndNoUnknownOnes) {
  Round round;
  round.add(Metric::rsrp_dbm, kNoValue);
  EXPECT_EQ(round.value_count, 0);
  for (int i = 0; i < 20; ++i) round.add(Metric::sinr_db, static_cast<float>(i));
  ASSERT_EQ(round.metric_values().size(), kMetricsPerRound);
  EXPECT_EQ(round.metric_values().back().value, kMetricsPerRound - 1);
}

TEST(Round, SaysNothingUntilItIsFilled) {
  const Round round;
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_FALSE(round.endpoint.valid());
  EXPECT_TRUE(std::isnan(round.rtt.median_ms));
}

TEST(PacketCounts, ALateAnswerIsNotLost) {
  PacketCounts counts;
  counts.sent = 10;
  counts.received = 7;
  counts.late = 2;
  EXPECT_EQ(counts.lost(), 1);
}

TEST(Names, AreThereForEveryOutcomeAndReason) {
  std::set<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(Outcome::not_measured); ++i)
    EXPECT_TRUE(seen.insert(name(static_cast<Outcome>(i))).second);
  seen.clear();
  for (std::size_t i = 0; i < kOutcomeReasonCount; ++i)
    EXPECT_TRUE(seen.insert(name(static_cast<OutcomeReason>(i))).second);
  EXPECT_EQ(name(Outcome::not_measured), "not_measured");
  EXPECT_EQ(name(OutcomeReason::cancelled), "cancelled");
  EXPECT_EQ(name(OutcomeReason::certificate_refused), "certificate_refused");
  EXPECT_EQ(name(OutcomeReason::ambiguous_value), "ambiguous_value");
  EXPECT_EQ(name(OutcomeReason::cap_reached), "cap_reached");
}

TEST(Metric, IsFoundByItsNameAndByNoOther) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const auto metric = static_cast<Metric>(i);
    EXPECT_EQ(metric_from_name(name(metric)), metric);
  }
  EXPECT_FALSE(metric_from_name("rtt"));
  EXPECT_FALSE(metric_from_name(""));
}

TEST(EndpointHealth, SaysInWhichRespectsItIsBad) {
  EndpointHealth health;
  health.respects = 1U << static_cast<unsigned>(Respect::latency);
  EXPECT_TRUE(health.bad_in(Respect::latency));
  EXPECT_FALSE(health.bad_in(Respect::reachability));
}

TEST(Place, DistanceIsTheGreatCircle) {
  const Place amsterdam{52.3676, 4.9041}, utrecht{52.0907, 5.1214};
  EXPECT_NEAR(distance_m(amsterdam, utrecht), 34'140, 100);
  EXPECT_DOUBLE_EQ(distance_m(amsterdam, amsterdam), 0);
  EXPECT_NEAR(distance_m({0, 179.9}, {0, -179.9}), 22'239, 10);  // across the date line
  EXPECT_NEAR(distance_m({90, 0}, {-90, 0}), 20'015'115, 10);
  EXPECT_NEAR(distance_m({0, 0}, {0, 180}), 20'015'115, 10);
}

TEST(Customers, EveryTechnologyHasAtLeastOne) {
  for (std::size_t i = 0; i < kTechnologyNames.size(); ++i)
    EXPECT_GE(default_customers(static_cast<Technology>(i)), 1U);
  EXPECT_EQ(default_customers(Technology::lte), 400U);
  EXPECT_EQ(default_customers(Technology::gpon), 48U);
}

TEST(Technology, IsMobileForTheFourGenerationsOnly) {
  int mobile = 0;
  for (std::size_t i = 0; i < kTechnologyNames.size(); ++i) mobile += is_mobile(static_cast<Technology>(i));
  EXPECT_EQ(mobile, 4);
  EXPECT_TRUE(is_mobile(Technology::nr));
  EXPECT_FALSE(is_mobile(Technology::fixed_wireless));
}

}  // namespace
}  // namespace faultline
