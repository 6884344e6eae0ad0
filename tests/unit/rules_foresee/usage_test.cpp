#include "rules/foresee/usage.h"

#include "tests/unit/rules_foresee/learnt_days.h"

#include <gtest/gtest.h>

namespace faultline::foresee {
namespace {

class Usage : public testing::Test {
 protected:
  Usage() {
    std::vector<NodeRecord> nodes(1);
    nodes[0].node.name = "site";
    std::vector<EndpointRecord> endpoints(2);
    for (std::size_t i = 0; i < 2; ++i) {
      endpoints[i].endpoint.name = i == 0 ? "a" : "b";
      endpoints[i].endpoint.technology = Technology::gpon;
      endpoints[i].endpoint.customers = i == 0 ? 300 : 100;
      endpoints[i].parents = {{EdgeKind::transport, "site"}};
    }
    topology = *Topology::build(std::move(nodes), std::move(endpoints));
  }
  UsageSum sum() const { return {NodeIndex{0}, topology, shipped_rules()}; }

  static LearntEndpoint with_rtt(double night, double evening) {
    LearntEndpoint learnt;
    learnt.loss_ratio.fill(kNoValue);
    learnt.metrics.push_back(days_of(Metric::rtt_ms, [&](int) { return night; }));
    set_profile(learnt.metrics.back(), [&](std::size_t hour) { return hour >= 18 ? evening : night; });
    return learnt;
  }
  static void add_traffic(LearntEndpoint& learnt, double at_night, const std::function<double(int)>& days) {
    learnt.metrics.push_back(days_of(Metric::traffic_bps, days));
    set_profile(learnt.metrics.back(),
                [=](std::size_t hour) { return hour >= 18 ? 5 * at_night : at_night; });
  }
  std::shared_ptr<const Topology> topology;
};

TEST_F(Usage, AddsTrafficAndWeighsQualityByCustomers) {
  LearntEndpoint a = with_rtt(10, 30), b = with_rtt(20, 40);
  add_traffic(a, 1e8, [](int) { return 3e8; });
  add_traffic(b, 2e8, [](int) { return 3e8; });
  a.loss_ratio[6] = 0.04F;  // 18 to 21
  UsageSum usage = sum();
  usage.add(EndpointIndex{0}, a);
  usage.add(EndpointIndex{1}, b);
  const AreaUsage area = usage.finish();
  EXPECT_EQ(area.endpoints, 2U);
  EXPECT_EQ(area.customers, 400U);
  EXPECT_EQ(area.source, UsageSource::traffic);
  EXPECT_NEAR(area.hours[3].traffic_bps, 3e8, 1e3);
  EXPECT_NEAR(area.hours[20].traffic_bps, 15e8, 1e4);
  EXPECT_NEAR(area.hours[3].rtt_ms, 12.5, 0.01);  // (300 * 10 + 100 * 20) / 400
  EXPECT_NEAR(area.hours[20].loss_ratio, 0.04, 1e-6);
  EXPECT_TRUE(std::isnan(area.hours[3].loss_ratio));
  ASSERT_TRUE(area.busiest);
  EXPECT_GE(*area.busiest % kDayHours, 18U);
  EXPECT_NEAR(*area.rtt_with_demand, 1, 0.01);
}

// Both grow by 1 % of the middle level a day: 7 % a week, whatever the sum.
TEST_F(Usage, GrowthIsThatOfTheDailySums) {
  LearntEndpoint a = with_rtt(10, 30), b = with_rtt(10, 30);
  const auto line = [](int i) { return 1e8 * (1 + 0.01 * (i - 13.5)); };
  add_traffic(a, 1e8, line);
  add_traffic(b, 1e8, [&](int i) { return 3 * line(i); });
  UsageSum usage = sum();
  usage.add(EndpointIndex{0}, a);
  usage.add(EndpointIndex{1}, b);
  const auto growth = usage.finish().growth;
  ASSERT_TRUE(growth);
  EXPECT_NEAR(growth->per_week, 0.07, 0.001);
  EXPECT_LT(growth->p, 0.001);
  EXPECT_EQ(growth->days, 28U);
}

// A port that was not measured for ten days is no decline; nor one whose learning stopped two days earlier.
TEST_F(Usage, AMissingPortIsNoDecline) {
  LearntEndpoint a = with_rtt(10, 30), b = with_rtt(10, 30);
  add_traffic(a, 1e8, [](int) { return 1e8; });
  add_traffic(b, 1e8, [](int i) { return i < 10 ? std::nan("") : 1e8; });
  b.metrics.back().last_day -= 2;
  UsageSum usage = sum();
  usage.add(EndpointIndex{1}, b);
  usage.add(EndpointIndex{0}, a);
  const auto growth = usage.finish().growth;
  ASSERT_TRUE(growth);
  EXPECT_NEAR(growth->per_week, 0, 1e-6);
  EXPECT_EQ(growth->days, 18U);
}

TEST_F(Usage, ComplaintsSpeakWhereNoProbeDoes) {
  UsageSum usage = sum();
  usage.add(EndpointIndex{0}, with_rtt(10, 30));
  const std::vector<LocatedComplaint> complaints = {
      {EndpointIndex{0}, 21}, {EndpointIndex{0}, 21}, {EndpointIndex{0}, 9}, {EndpointIndex{1}, 3}};
  usage.add_complaints(EndpointIndex{0}, complaints);
  const AreaUsage area = usage.finish();
  EXPECT_EQ(area.source, UsageSource::complaints);
  EXPECT_EQ(area.busiest, 21U);
  EXPECT_EQ(area.hours[21].complaints, 2U);
  EXPECT_EQ(area.hours[3].complaints, 0U) << "that is the other endpoint's";
  EXPECT_FALSE(area.growth);
}

TEST(WeekBucket, KnowsWeekendsAndLocalTime) {
  using namespace std::chrono_literals;
  const Timestamp friday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 27) + 23h + 30min;
  EXPECT_EQ(week_bucket(friday, 0s), 23U);
  EXPECT_EQ(week_bucket(friday, 1h), 24U) << "Saturday, 00:30";
  EXPECT_EQ(local_day(friday, 1h), local_day(friday, 0s) + 1);
}

}  // namespace
}  // namespace faultline::foresee
