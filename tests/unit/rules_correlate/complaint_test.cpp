// From a complaint's place to the incident that explains it, and the scan of those that none explains.
#include "rules/correlate/attach.h"
#include "rules/correlate/centroids.h"
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
  all.geocode.cell_share = 0.8;
  all.geocode.near_share = 0.85;
  all.geocode.far_deviation_m = 5000;
  all.geocode.least_accuracy_m = 100;
  all.geocode.centroid_customers = 5;
  all.geocode.centroid_deviation_m = 3000;
  all.geocode.reach_m = 15000;
  all.geocode.endpoints = 400;
  all.attach.call_in = {0.06, 0.01, 0.015, 0.003, 20min, 1};
  all.attach.least_probability = 0.5;
  all.attach.least_coverage = 0.05;
  all.attach.early = 60s;
  all.attach.floor = 60s;
  all.attach.other_service = 0.05;
  all.attach.after_recovery = 0.3;
  all.attach.after_recovery_limit = 3h;
  all.scan.mobile_per_hour = 5e-6;
  all.scan.fixed_per_hour = 2.5e-5;
  all.scan.hour_profile.fill(1);
  all.scan.usual = {28 * 24h, 50, 20, 5, 1000, 4, 200};
  all.scan.windows = {10min, 30min, 60min, 120min};
  all.scan.uplift = {{3, 0.25}, {10, 0.25}, {40, 0.25}, {150, 0.25}};
  all.scan.least_tail = 1e-6;
  all.scan.dispersion = 20;
  all.scan.complaints = 3;
  all.scan.groups = 3;
  all.scan.group_nats = 2;
  all.scan.silent_nats = -1.6;
  all.scan.located_share = 0.5;
  all.scan.line_window = 60min;
  all.scan.line_nats = 6;
  all.scan.night_window = 8h;
  all.scan.surge_window = 60min;
  all.scan.surge_prior = 20;
  all.scan.surge_least = 1.5;
  all.scan.surge_usual = 5;
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
  Footprints footprints{topology};
  std::vector<EndpointIndex> affected = topology->endpoints_below(*topology->find_node("here"));
  AttachTarget target{7, affected, kStart, std::nullopt, true};

  Attachment attach_at(Place place, Duration after) const {
    const auto weights = Geocoder(topology).weights(at(place), rules().geocode);
    Complaint complaint = at(place);
    complaint.received = kStart + after;
    return attach(footprints, weights, complaint, std::span(&target, 1), Usual{}, rules());
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

TEST(Usual, AddsUpTheHoursOfAWindow) {
  CorrelateRules all = rules();
  all.scan.hour_profile.fill(1);
  all.scan.hour_profile[8] = 0.5;  // kStart is 08:00
  const Customers customers{0, 40'000};
  EXPECT_NEAR(Usual{}.between(customers, kStart, kStart + 1h, all.scan), 0.5, 1e-9);
  EXPECT_NEAR(Usual{}.between(customers, kStart - 30min, kStart + 90min, all.scan), 1.5, 1e-9);
}

// A site that complains twice as much as usual for so many days, and one that does as usual.
struct Learnt {
  std::shared_ptr<const Topology> topology = two_sites();
  EndpointIndex here = *topology->find_endpoint("here-c0"), there = *topology->find_endpoint("there-c0");
  ScanRules scan = rules().scan;
  Usual usual;

  explicit Learnt(int days) {
    scan.mobile_per_hour = 1e-3;  // 1.2 an hour and site
    for (int hour = 0; hour < days * 24; ++hour) {
      for (int i = 0; i < (hour % 5 == 0 ? 4 : 2); ++i) usual.heard(*topology, here, true);
      for (int i = 0; i < (hour % 5 == 0 ? 2 : 1); ++i) usual.heard(*topology, there, true);
      usual.end_hour(*topology, kStart + hour * 1h, scan);
    }
  }
  double level() const { return usual.rate({1, 0}, kStart, scan) / scan.mobile_per_hour; }
};

TEST(Usual, StartsFromTheTableAndFollowsWhatIsHeard) {
  EXPECT_DOUBLE_EQ(Learnt(0).level(), 1);
  EXPECT_NEAR(Learnt(28).level(), 1.5, 0.15);
}

TEST(Usual, LearnsAFactorOfEachArea) {
  const Learnt learnt(28);
  const double here = learnt.usual.factor(*learnt.topology, learnt.here, learnt.scan);
  const double there = learnt.usual.factor(*learnt.topology, learnt.there, learnt.scan);
  EXPECT_NEAR(here / there, 2, 0.1);
  EXPECT_NEAR(here, 1.33, 0.15);
  Usual none;
  EXPECT_DOUBLE_EQ(none.factor(*learnt.topology, learnt.here, learnt.scan), 1);
}

TEST(Usual, TakesTotalSilenceForAFeedThatIsDown) {
  Learnt learnt(7);
  const double before = learnt.level();
  learnt.scan.mobile_per_hour = 1e-2;  // so many that none at all cannot be
  for (int hour = 0; hour < 24 * 7; ++hour)
    learnt.usual.end_hour(*learnt.topology, kStart + hour * 1h, learnt.scan);
  EXPECT_NEAR(learnt.level(), before, 1e-9);
}

TEST(Usual, LearnsHowMuchComplaintsClump) {
  const auto size_of = [](int clump) {
    const auto topology = two_sites();
    const EndpointIndex here = *topology->find_endpoint("here-c0");
    ScanRules scan = rules().scan;
    scan.mobile_per_hour = 1e-3;  // 29 a day and site
    Usual usual;
    for (int day = 0; day < 60; ++day)
      for (int hour = 0; hour < 24; ++hour) {
        const int calls = hour >= 20 ? 0 : day % clump == 0 ? clump : 0;
        for (int i = 0; i < calls; ++i) usual.heard(*topology, here, true);
        usual.end_hour(*topology, kStart + (day * 24 + hour) * 1h, scan);
      }
    return usual.dispersion(scan);
  };
  EXPECT_EQ(size_of(1), 200);  // the same number every day
  EXPECT_LT(size_of(6), 5);    // all on one day of six
  EXPECT_EQ(Usual{}.dispersion(rules().scan), 20);
}

TEST(Usual, IsSavedAndRestored) {
  const Learnt learnt(28);
  const std::string saved = learnt.usual.save(*learnt.topology);
  Usual again;
  again.restore(*learnt.topology, saved);
  EXPECT_NEAR(again.rate({1, 0}, kStart, learnt.scan), learnt.usual.rate({1, 0}, kStart, learnt.scan), 1e-9);
  EXPECT_NEAR(again.factor(*learnt.topology, learnt.here, learnt.scan),
              learnt.usual.factor(*learnt.topology, learnt.here, learnt.scan), 1e-9);
  for (const std::string& wrong :
       {std::string("usual-1 nan"), std::string(), saved.substr(0, 200), "other" + saved}) {
    Usual untouched;
    untouched.restore(*learnt.topology, wrong);
    EXPECT_EQ(untouched.save(*learnt.topology), Usual{}.save(*learnt.topology)) << wrong;
  }
}

TEST(Attach, GoesByTheTimeThatTheCustomerGives) {
  Outage outage;
  outage.target.recovered = kStart + 30min;
  const auto weights = Geocoder(outage.topology).weights(at(kHere), rules().geocode);
  Complaint late = at(kHere);
  late.received = kStart + 6h;
  const auto attached = [&] {
    return attach(outage.footprints, weights, late, std::span(&outage.target, 1), Usual{}, rules()).incident;
  };
  EXPECT_EQ(attached(), std::nullopt);
  late.trouble_began = kStart + 10min;
  EXPECT_EQ(attached(), std::optional<IncidentNumber>(7));
}

TEST(Attach, BelievesAServiceThatTheCellDoesNotCarryLess) {
  const Outage outage;
  const Weights weights{{outage.affected.front(), 1}};
  Complaint complaint = at(kHere);
  complaint.received = kStart + 10min;
  const auto probability = [&](Service service) {
    complaint.service = service;
    return attach(outage.footprints, weights, complaint, std::span(&outage.target, 1), Usual{}, rules())
        .probability;
  };
  const auto odds = [](double p) { return p / (1 - p); };
  EXPECT_NEAR(odds(probability(Service::tv)) / odds(probability(Service::mobile_data)), 0.05, 1e-6);
}

TEST(Centroids, AreGivenByManyCustomersOnDifferentDays) {
  Centroids centroids;
  Complaint complaint = at(kHere, 150);
  const auto give = [&](std::uint64_t customer, Duration after) {
    complaint.customer = customer;
    complaint.received = kStart + after;
    centroids.note(complaint, rules().geocode);
    return centroids.accuracy_m(complaint, rules().geocode);
  };
  for (int day = 0; day < 4; ++day) EXPECT_EQ(give(static_cast<std::uint64_t>(day), day * 24h), 150);
  EXPECT_EQ(give(3, 4 * 24h), 150);       // the same customer again
  EXPECT_EQ(give(4, 3 * 24h + 1h), 150);  // a neighbour on the same day
  EXPECT_EQ(give(5, 5 * 24h), 3000);
  EXPECT_EQ(centroids.accuracy_m(at(kThreeKmAway, 150), rules().geocode), 150);
  centroids.forget_before(kStart + 30 * 24h);
  EXPECT_EQ(centroids.accuracy_m(complaint, rules().geocode), 150);
}

}  // namespace
}  // namespace faultline::correlate
