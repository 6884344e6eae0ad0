// Complaints as nobody wishes for them: without a place, ten thousand in a minute, a hundred of one customer.
#include "tests/unit/rules_pipeline/world.h"

namespace faultline::test {
namespace {

class ComplaintFlood : public testing::Test {
 protected:
  ComplaintFlood() : world(Network::city(3, 6, 3)) { world.pass(60s); }
  // `count` complaints of different customers within a minute, made by `make(i)`.
  template <typename Make>
  void in_a_minute(int count, Make&& make) {
    for (int second = 0; second < 60; ++second) {
      for (int i = second * count / 60; i < (second + 1) * count / 60; ++i) world.complain(make(i));
      world.pass(1s);
    }
  }
  std::optional<EndpointIndex> cell(int k) const {
    return world.topology->find_endpoint("cell-2-3-" + std::to_string(1 + k % 3));
  }
  static std::uint64_t customer(int i) { return static_cast<std::uint64_t>(i) + 1; }

  PipelineWorld world;
};

TEST_F(ComplaintFlood, WithoutAnyPlaceTheyAreKeptAndBelongNowhere) {
  in_a_minute(1000, [&](int i) { return nowhere(customer(i)); });
  EXPECT_TRUE(world.told.empty());
  EXPECT_EQ(world.attached(), 0U);
  EXPECT_EQ(world.bursts, 0U);  // nobody knows what to measure
  // And they are no reason to doubt what has a place: a ring that is cut gets none of them.
  world.cut("agg-1");
  world.pass(120s);
  EXPECT_EQ(world.opened(), "agg-1");
  EXPECT_EQ(world.attached(), 0U);
}

TEST_F(ComplaintFlood, APlaceThatIsNotOnTheMapIsNoPlace) {
  in_a_minute(100, [&](int i) { return at_place(customer(i), {-52.3, -170}); });
  in_a_minute(100, [&](int i) { return on_line(customer(i), EndpointIndex{77'777}); });
  in_a_minute(100, [&](int i) { return in_cell(customer(i), EndpointIndex{}); });
  EXPECT_TRUE(world.told.empty());
  EXPECT_EQ(world.bursts, 0U);
}

TEST_F(ComplaintFlood, TenThousandInAMinuteForOneTowerAreOneIncident) {
  in_a_minute(10'000, [&](int i) { return in_cell(customer(i), cell(i)); });
  world.pass(30s);
  EXPECT_EQ(world.opened(), "site-2-3");
  EXPECT_EQ(world.attached(), 10'000U);
  EXPECT_EQ(world.pipeline.incident(1)->complaints.size(), 10'000U);
  // Told when it grows by half, a minute apart at least; not ten thousand times.
  EXPECT_LE(world.told.size(), 6U);
  const ProbeRules& probe = world.rules->correlate.probe;
  EXPECT_LE(static_cast<double>(world.bursts), probe.burst_reserve + 91 * probe.bursts_per_second);
}

TEST_F(ComplaintFlood, TenThousandAboutATowerThatIsDownAreTheTowersIncident) {
  world.cut("site-2-3");
  world.pass(90s);
  ASSERT_EQ(world.opened(), "site-2-3");
  in_a_minute(10'000, [&](int i) { return in_cell(customer(i), cell(i)); });
  EXPECT_EQ(world.opened(), "site-2-3");
  EXPECT_GE(world.attached(), 9'900U);
}

TEST_F(ComplaintFlood, OneCustomerAHundredTimesIsOneCustomer) {
  in_a_minute(100, [&](int i) { return in_cell(7, cell(i)); });
  world.pass(60s);
  EXPECT_TRUE(world.told.empty());
  // With neighbours it is another matter: three are a suspicion, four a ticket.
  world.complain(in_cell(8, cell(0)));
  EXPECT_TRUE(world.told.empty());
  world.complain(in_cell(9, cell(1)));
  world.complain(in_cell(10, cell(2)));
  world.pass(30s);
  EXPECT_EQ(world.opened(), "site-2-3");
}

TEST_F(ComplaintFlood, TheSameComplaintAHundredTimesIsOneComplaint) {
  world.cut("site-2-3");
  world.pass(90s);
  Complaint again = in_cell(7, cell(0));
  again.id = "again";
  for (int i = 0; i < 100; ++i) world.complain(again);
  EXPECT_EQ(world.pipeline.incident(1)->complaints.size(), 1U);
}

}  // namespace
}  // namespace faultline::test
