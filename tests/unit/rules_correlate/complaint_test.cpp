// From a complaint's place to the incident that explains it, and the scan of those that none explains.
#include "rules/correlate/attach.h"
#include "rules/correlate/geocode.h"
#include "rules/correlate/scan.h"
#include "tests/unit/rules_correlate/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <numeric>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::Network;

CorrelateRules rules() {
  CorrelateRules all;
  all.localise = test::localise_rules();
  all.geocode = {0.8, 0.85, 5000, 100, 15000, 400};
  all.attach.call_in = {0.06, 0.01, 0.015, 0.003, 20min, 1};
  all.attach.least_probability = 0.5;
  all.attach.least_coverage = 0.05;
  all.attach.early = 60s;
  all.attach.floor = 60s;
  all.attach.after_recovery = 0.3;
  all.attach.after_recovery_limit = 3h;
  all.scan.mobile_per_hour = 5e-6;
  all.scan.fixed_per_hour = 2.5e-5;
  all.scan.hour_profile.fill(1);
  all.scan.windows = {10min, 30min, 60min, 120min};
  all.scan.uplift = {{3, 0.25}, {10, 0.25}, {40, 0.25}, {150, 0.25}};
  all.scan.least_tail = 1e-6;
  all.scan.dispersion = 20;
  all.scan.complaints = 3;
  all.scan.groups = 3;
  all.scan.group_nats = 2;
  all.scan.silent_nats = -1.6;
  all.scan.located_share = 0.5;
  return all;
}

constexpr Place kHere{52.30, 4.80};
constexpr Place kThreeKmAway{52.327, 4.80};

std::shared_ptr<const Topology> two_sites() {
  return Network().site("here", 3, {}, kHere).site("there", 3, {}, kThreeKmAway).build();
}

Complaint at(Place place, float accuracy_m = 300) {
  Complaint complaint;
  complaint.service = Service::mobile_data;
  complaint.place = place;
  complaint.accuracy_m = accuracy_m;
  return complaint;
}

double weight_of(const Weights& weights, const Topology& topology, const std::string& prefix) {
  return std::accumulate(weights.begin(), weights.end(), 0.0, [&](double sum, const EndpointWeight& one) {
    return sum + (topology.endpoint(one.endpoint).name.starts_with(prefix) ? one.weight : 0);
  });
}

TEST(Geocoder, PutsAPlaceOnTheEndpointsAround) {
  const auto topology = two_sites();
  const auto weights = Geocoder(topology).weights(at(kHere), rules().geocode);
  EXPECT_NEAR(weight_of(weights, *topology, ""), 1, 1e-9);
  EXPECT_GT(weight_of(weights, *topology, "here"), 0.99);
}

TEST(Geocoder, SpreadsAnInexactPlaceWider) {
  const auto topology = two_sites();
  const auto weights = Geocoder(topology).weights(at(kHere, 2000), rules().geocode);
  EXPECT_GT(weight_of(weights, *topology, "there"), 0.2);
}

TEST(Geocoder, BelievesTheServingCellMostly) {
  const auto topology = two_sites();
  Complaint complaint;
  complaint.cell = topology->find_endpoint("here-c1");
  const auto weights = Geocoder(topology).weights(complaint, rules().geocode);
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_EQ(weights[0].endpoint, *complaint.cell);
  EXPECT_DOUBLE_EQ(weights[0].weight, 0.8);
  EXPECT_NEAR(weight_of(weights, *topology, "here"), 1, 1e-9);
}

TEST(Geocoder, KnowsNoEndpointForAPlaceInTheSeaOrNoPlace) {
  const auto topology = two_sites();
  EXPECT_TRUE(Geocoder(topology).weights(at({0, 0}), rules().geocode).empty());
  EXPECT_TRUE(Geocoder(topology).weights(Complaint{}, rules().geocode).empty());
}

TEST(Geocoder, AsksOnlyWhatCarriesTheService) {
  const auto topology =
      Network().site("here", 2, {}, kHere).endpoint("port", {"here"}, Technology::gpon, kHere).build();
  Complaint tv = at(kHere);
  tv.service = Service::tv;
  const auto weights = Geocoder(topology).weights(tv, rules().geocode);
  ASSERT_EQ(weights.size(), 1U);
  EXPECT_EQ(topology->endpoint(weights[0].endpoint).name, "port");
}

TEST(Attach, FollowsTheCallDelayOfTheGoldenValues) {
  EXPECT_NEAR(call_delay_density(20min, rules().attach.call_in), 1.197, 0.002);
  EXPECT_NEAR(call_delay_density(2h, rules().attach.call_in), 0.040, 0.001);
}

struct Outage {
  std::shared_ptr<const Topology> topology = two_sites();
  std::vector<EndpointIndex> affected = topology->endpoints_below(*topology->find_node("here"));
  AttachTarget target{7, affected, kStart, std::nullopt, true};

  Attachment attach_at(Place place, Duration after) const {
    const auto weights = Geocoder(topology).weights(at(place), rules().geocode);
    return attach(*topology, weights, kStart + after, std::span(&target, 1), rules());
  }
};

TEST(Attach, TakesAComplaintInsideAndLeavesOneOutside) {
  const Outage outage;
  EXPECT_EQ(outage.attach_at(kHere, 10min).incident, std::optional<IncidentNumber>(7));
  EXPECT_EQ(outage.attach_at(kThreeKmAway, 10min).incident, std::nullopt);
}

TEST(Attach, LeavesAComplaintFromBeforeTheOnset) {
  const Outage outage;
  EXPECT_EQ(outage.attach_at(kHere, -10min).incident, std::nullopt);
  EXPECT_EQ(outage.attach_at(kHere, -30s).incident, std::optional<IncidentNumber>(7));
}

TEST(Attach, ForgetsAnIncidentThatIsLongOver) {
  Outage outage;
  outage.target.recovered = kStart + 1h;
  EXPECT_EQ(outage.attach_at(kHere, 90min).incident, std::optional<IncidentNumber>(7));
  EXPECT_EQ(outage.attach_at(kHere, 5h).incident, std::nullopt);
}

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
  explicit Calls(const Network& network) : topology_(network.build()), footprints_(topology_) {}
  Calls& from(const std::string& endpoint) {
    weights_.push_back({{*topology_->find_endpoint(endpoint), 1}});
    return *this;
  }
  std::optional<std::string> found() const {
    std::deque<Located> located;
    std::vector<Unexplained> recent;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      located.push_back(locate(weights_[i], footprints_, rules().scan.located_share));
      recent.push_back({kStart + 1min * static_cast<int>(i), &located.back()});
    }
    const auto hypothesis = scan(footprints_, recent, recent.back().received, rules().localise, rules().scan);
    if (!hypothesis) return std::nullopt;
    if (const auto* node = std::get_if<NodeIndex>(&hypothesis->root)) return topology_->node(*node).name;
    return topology_->endpoint(std::get<EndpointIndex>(hypothesis->root)).name;
  }

 private:
  std::shared_ptr<const Topology> topology_;
  Footprints footprints_;
  std::deque<Weights> weights_;
};

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

}  // namespace
}  // namespace faultline::correlate
