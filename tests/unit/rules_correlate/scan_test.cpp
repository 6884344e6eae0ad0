// The scan of the complaints that no incident explains.
#include "rules/correlate/scan.h"

#include "rules/correlate/located.h"
#include "tests/unit/rules_correlate/complaint_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::at, test::rules, test::two_sites, test::kHere, test::kThreeKmAway;
using test::kStart;
using test::Network;

TEST(Scan, MatchesTheGoldenUpliftValues) {
  const Mixture uplift = rules().scan.uplift;
  EXPECT_NEAR(uplift_nats(1, 0.003, uplift), 3.59, 0.01);
  EXPECT_NEAR(uplift_nats(2, 0.003, uplift), 8.29, 0.01);
  EXPECT_NEAR(uplift_nats(3, 0.02, uplift), 10.83, 0.01);
  EXPECT_NEAR(uplift_nats(5, 0.3, uplift), 7.56, 0.01);
  EXPECT_NEAR(uplift_nats(10, 1, uplift), 12.65, 0.01);
  EXPECT_NEAR(uplift_nats(20, 10, uplift), 0.59, 0.01);
  EXPECT_NEAR(uplift_nats(0, 0.05, uplift), -0.86, 0.01);
  EXPECT_NEAR(uplift_nats(0, 1, uplift), -3.39, 0.01);
}

TEST(Scan, MatchesTheGoldenTails) {
  EXPECT_NEAR(negative_binomial_tail(3, 0.02, 20), 1.51e-6, 2e-8);
  EXPECT_NEAR(negative_binomial_tail(12, 1, 20), 8.2e-9, 1e-10);
  EXPECT_DOUBLE_EQ(negative_binomial_tail(0, 1, 20), 1);
  // Where the probability is too small for a double, the sum must end all the same.
  for (std::uint32_t count = 200; count < 2000; count += 10)
    EXPECT_LT(negative_binomial_tail(count, 1, 20), 1e-200) << count;
  EXPECT_NEAR(negative_binomial_tail(1, 5000, 20), 1, 1e-9);
}

// Complaints of distinct customers, a minute apart, at these endpoints.
class Calls {
 public:
  explicit Calls(const Network& network, const CorrelateRules& all = rules())
      : rules_(all), topology_(network.build()), footprints_(topology_) {}
  Calls& from(const std::string& endpoint) { return from(endpoint, last_ + 1min); }
  Calls& from(const std::string& endpoint, Timestamp when) {
    newest_ = locate({{*topology_->find_endpoint(endpoint), 1}}, footprints_, rules_.scan.located_share);
    last_ = when;
    counts_.add(when, newest_, false);
    return *this;
  }
  std::optional<Hypothesis> hypothesis() const {
    return scan(footprints_, counts_, Usual{}, newest_, last_, rules_.localise, rules_.scan);
  }
  std::optional<std::string> found() const {
    const auto best = hypothesis();
    if (!best) return std::nullopt;
    if (const auto* node = std::get_if<NodeIndex>(&best->root)) return topology_->node(*node).name;
    return topology_->endpoint(std::get<EndpointIndex>(best->root)).name;
  }

 private:
  CorrelateRules rules_;
  std::shared_ptr<const Topology> topology_;
  Footprints footprints_;
  ComplaintCounts counts_;
  Located newest_;
  Timestamp last_ = kStart;
};

std::string cell(int site, int number) {
  return "s" + std::to_string(site) + "-c" + std::to_string(number);
}

Network ring() {
  Network network;
  network.node("agg", NodeKind::aggregation);
  for (int s = 0; s < 8; ++s) network.site("s" + std::to_string(s), 3, {"agg"});
  return network;
}

TEST(Located, IsWhateverHoldsHalfTheWeight) {
  const auto topology = ring().build();
  const Footprints footprints(topology);
  const auto at = [&](const char* name) { return *topology->find_endpoint(name); };
  const auto node = [&](const char* name) { return *topology->find_node(name); };
  const Located spread =
      locate({{at("s1-c0"), 0.4}, {at("s1-c1"), 0.3}, {at("s2-c0"), 0.3}}, footprints, 0.5);
  EXPECT_EQ(spread.nearest, at("s1-c0"));
  EXPECT_THAT(spread.endpoints, testing::IsEmpty());
  EXPECT_THAT(spread.nodes, testing::UnorderedElementsAre(node("s1"), node("agg")));
  ASSERT_EQ(spread.groups.size(), 1U);
  EXPECT_EQ(spread.groups[0].first, node("agg"));
  EXPECT_EQ(footprints.groups(node("agg"))[spread.groups[0].second].node, node("s1"));
  EXPECT_FALSE(locate({}, footprints, 0.5).nearest.valid());
}

TEST(Scan, NeedsThreeCustomers) {
  EXPECT_EQ(Calls(ring()).from("s1-c0").from("s1-c1").found(), std::nullopt);
  EXPECT_EQ(Calls(ring()).from("s1-c0").from("s1-c1").from("s1-c2").found(), "s1");
}

TEST(Scan, FindsTheCellTheSiteOrTheRing) {
  EXPECT_EQ(Calls(ring()).from("s1-c0").from("s1-c0").from("s1-c0").found(), "s1-c0");
  Calls all(ring());
  for (int s = 0; s < 8; ++s) all.from("s" + std::to_string(s) + "-c" + std::to_string(s % 3));
  EXPECT_EQ(all.found(), "agg");
}

TEST(Scan, TakesABusySiteAndStrayCallsNotForTheRing) {
  Network network;
  network.node("agg", NodeKind::aggregation);
  for (int s = 0; s < 25; ++s) network.site("s" + std::to_string(s), 20, {"agg"});
  Calls calls(network);  // 200,000 customers, of whom one an hour calls anyway
  calls.from(cell(5, 0), kStart + 1min).from(cell(6, 0), kStart + 15min);
  for (int i = 0; i < 12; ++i) calls.from(cell(1, i));
  EXPECT_EQ(calls.found(), "s1");
}

TEST(Scan, HoldsANodeAgainstTheRestOfTheNetwork) {
  // A rise everywhere: what would be a fault on a quiet day is not one now.
  const auto calls_of_a_cell = [](int elsewhere) {
    Network network = ring();
    network.node("far", NodeKind::site).endpoint("far-c0", {"far"});
    Calls calls(network);
    for (int i = 0; i < elsewhere; ++i) calls.from("far-c0", kStart + i * 1s);
    for (int i = 0; i < 3; ++i) calls.from(cell(1, 0), kStart + 50min + i * 1min);
    return calls.hypothesis();
  };
  const auto quiet = calls_of_a_cell(0), loud = calls_of_a_cell(2000);
  ASSERT_TRUE(quiet);
  EXPECT_THAT(quiet->evidence.front().text, testing::Not(testing::HasSubstr("elsewhere")));
  EXPECT_FALSE(loud);
}

// 240,000 customers: 1.2 complaints an hour, 0.04 a site.
Network core_network() {
  Network network;
  network.node("core", NodeKind::core);
  for (int a = 0; a < 6; ++a) {
    const std::string agg = "agg" + std::to_string(a);
    network.node(agg, NodeKind::aggregation, {"core"});
    for (int s = 0; s < 5; ++s) network.site("n" + std::to_string(a * 5 + s), 20, {agg});
  }
  return network;
}

// So many calls of each site, one a second.
std::optional<std::string> found_at_core(int each) {
  Calls calls(core_network());
  for (int i = 0; i < each * 30; ++i)
    calls.from("n" + std::to_string(i % 30) + "-c" + std::to_string(i % 20), kStart + i * 1s);
  return calls.found();
}

TEST(Scan, TakesAnEverydaySurgeForNoFaultAndAFailingPlatformForTheCore) {
  EXPECT_EQ(found_at_core(10), "core");
  // 30 calls in half a minute where 0.01 are usual are no everyday rise; 1.2 an hour times five is one.
  Calls everyday(core_network());
  for (int i = 0; i < 12; ++i)
    everyday.from("n" + std::to_string(i * 7 % 30) + "-c" + std::to_string(i), kStart + i * 5min);
  EXPECT_EQ(everyday.found(), std::nullopt);
}

TEST(Scan, CountsTheNightTogetherInTheMorning) {
  // kStart is 08:00; one call an hour from a site whose customers sleep.
  const auto calls_in = [](Duration from, Duration until) {
    CorrelateRules all = rules();
    all.scan.night_from = from;
    all.scan.night_until = until;
    Calls calls(ring(), all);
    for (int hour = 7; hour >= 0; hour -= 1) calls.from(cell(1, hour % 3), kStart - hour * 1h);
    return calls.found();
  };
  EXPECT_EQ(calls_in(10h, 12h), std::nullopt);
  EXPECT_EQ(calls_in(7h, 10h), "s1");
}

TEST(Scan, CountsAThirdCustomerOfALineAsItsFault) {
  Calls calls(ring());
  calls.from(cell(1, 0)).from(cell(1, 0));
  EXPECT_EQ(calls.found(), std::nullopt);
  calls.from(cell(1, 0));
  ASSERT_TRUE(calls.hypothesis());
  EXPECT_GE(calls.hypothesis()->gain_nats, rules().scan.line_nats);
}

TEST(FaultNats, IsTheUpliftOfASingleGroupThatIsHit) {
  const GroupComplaints group{3, 0.02};
  const Mixture whole{{1, 1}};
  const auto& uplift = rules().scan.uplift;
  EXPECT_NEAR(fault_nats(std::span(&group, 1), 0, uplift, whole), uplift_nats(3, 0.02, uplift), 1e-9);
  const std::vector<GroupComplaints> quiet{{3, 0.02}, {0, 1}};
  EXPECT_LT(fault_nats(quiet, 0, uplift, whole), fault_nats(std::span(&group, 1), 0, uplift, whole) - 3);
}

// The smallest count that is rarer than one in a million.
std::uint32_t needed(double expected, double size) {
  std::uint32_t count = 1;
  while (negative_binomial_tail(count, expected, size) > 1e-6) ++count;
  return count;
}

TEST(Scan, NeedsTheCountsOfTheGoldenTable) {
  struct Row {
    double expected;
    std::uint32_t poisson, clumped, usual;
  };
  for (const Row& row : {Row{0.001, 2, 2, 2}, Row{0.005, 3, 3, 3}, Row{0.02, 4, 4, 4}, Row{0.05, 4, 4, 4},
                         Row{0.1, 5, 5, 5}, Row{0.3, 6, 7, 7}, Row{1, 10, 13, 10}, Row{3, 15, 24, 17},
                         Row{10, 29, 63, 37}, Row{30, 60, 170, 87}}) {
    EXPECT_EQ(needed(row.expected, 1e7), row.poisson) << row.expected;
    EXPECT_EQ(needed(row.expected, 4), row.clumped) << row.expected;
    EXPECT_EQ(needed(row.expected, 20), row.usual) << row.expected;
  }
}

}  // namespace
}  // namespace faultline::correlate
