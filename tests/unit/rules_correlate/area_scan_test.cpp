// Complaints that lie near each other on the map and share no node: circles over them, with the shipped
// rules.
#include "rules/correlate/area_scan.h"

#include "daemon/config/rule_file.h"
#include "rules/correlate/scan.h"
#include "tests/unit/rules_correlate/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::Network;

constexpr Timestamp kTen = Timestamp(std::chrono::hours(500'002));  // 10:00
constexpr int kSide = 10;
constexpr double kApart = 3.6;  // km between neighbouring sites

// A point of the city, in km to the east and north of its south-western site.
Place at_km(double east, double north) {
  return {52 + north / 111.195, 5 + east / 111.195 / 0.6129};  // cos of the middle of the city
}

std::string site_name(int column, int row) {
  return "s" + std::to_string(column) + "-" + std::to_string(row);
}

// A hundred sites 3.6 km apart with 20 cells of 400 customers each: 4 complaints an hour. Every column of
// them is a ring of its own.
Network city(bool with_places = true) {
  Network network;
  for (int column = 0; column < kSide; ++column) {
    const std::string ring = "ring-" + std::to_string(column);
    network.node(ring, NodeKind::aggregation);
    for (int row = 0; row < kSide; ++row)
      network.site(site_name(column, row), 20, {ring},
                   with_places ? std::optional(at_km(kApart * column, kApart * row)) : std::nullopt);
  }
  return network;
}

// Complaints of distinct customers, 40 seconds apart.
class MapCalls {
 public:
  explicit MapCalls(const Network& network)
      : rules_(config::default_rules().value()), topology_(network.build()) {}

  MapCalls& from(double east, double north, float accuracy_m = 300) {
    Complaint complaint;
    complaint.place = at_km(east, north);
    complaint.accuracy_m = accuracy_m;
    return add(complaint);
  }
  MapCalls& from_cell(const std::string& cell) {
    Complaint complaint;
    complaint.cell = topology_->find_endpoint(cell);
    return add(complaint);
  }
  MapCalls& add(Complaint complaint) {
    complaint.service = Service::mobile_data;
    now_ += 40s;
    const Weights weights = geocoder_.weights(complaint, rules_.correlate.geocode);
    const auto spot = grid_.spot(complaint, weights);
    counts_.add(now_, locate(weights, footprints_, rules_.correlate.scan.located_share), false);
    if (!spot) return *this;
    callers_.add(now_, std::make_shared<const Spot>(*spot), false);
    newest_ = spot->square;
    return *this;
  }
  // So many more complain elsewhere.
  MapCalls& elsewhere(int count) {
    for (int i = 0; i < count; ++i) counts_.add(now_, Located{}, false);
    return *this;
  }
  std::optional<Hypothesis> hypothesis(std::optional<double> by_topology = {}) const {
    if (!newest_) return std::nullopt;
    const AreaQuestion question{grid_,
                                footprints_,
                                callers_,
                                counts_.open(),
                                usual_,
                                rules_.correlate.localise,
                                rules_.correlate.scan};
    return scan_area(question, *newest_, by_topology, now_);
  }
  std::string found(std::optional<double> by_topology = {}) const {
    const auto best = hypothesis(by_topology);
    if (!best) return "";
    std::string text;
    for (const NodeIndex node : std::get<Area>(best->root).nodes)
      text += (text.empty() ? "" : " ") + topology_->node(node).name;
    return text;
  }
  std::string words() const {
    const auto best = hypothesis();
    return best ? best->evidence.front().text : "";
  }
  // By the scan of the topology.
  std::string found_by_topology(const std::string& newest) const {
    const Located where = locate({{*topology_->find_endpoint(newest), 1}}, footprints_, 0.5);
    const auto best =
        scan(footprints_, counts_, usual_, where, now_, rules_.correlate.localise, rules_.correlate.scan);
    if (!best) return "";
    const auto* node = std::get_if<NodeIndex>(&best->root);
    return node == nullptr ? "an endpoint" : topology_->node(*node).name;
  }
  ScanRules& scan_rules() { return rules_.correlate.scan; }
  const Topology& topology() const { return *topology_; }

 private:
  RuleSet rules_;
  std::shared_ptr<const Topology> topology_;
  Footprints footprints_{topology_};
  Geocoder geocoder_{topology_};
  Grid grid_{topology_, rules_.correlate.scan.area.square_m};
  Usual usual_;
  ComplaintCounts counts_;
  Callers callers_;
  std::optional<Square> newest_;
  Timestamp now_ = kTen;
};

// Six callers between two sites of different rings, within half a kilometre.
MapCalls border() {
  MapCalls calls(city());
  for (int i = 0; i < 6; ++i) calls.from(kApart * 4 + 1.8 + (i % 2 == 0 ? -0.2 : 0.2), kApart * 4 + 0.05 * i);
  return calls;
}

TEST(AreaScan, FindsAHoleBetweenTwoSitesThatShareNoNode) {
  const MapCalls calls = border();
  EXPECT_EQ(calls.found_by_topology("s4-4-c0"), "");
  EXPECT_EQ(calls.found(), "s4-4 s5-4");
  EXPECT_THAT(calls.words(), testing::HasSubstr("6 customers within 1 km of 52.1"));
  const auto found = calls.hypothesis();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->complaints_only);
  EXPECT_EQ(found->level, Level::wide);
  EXPECT_EQ(found->complaints, 6U);
  EXPECT_EQ(found->affected.size(), 40U);
  EXPECT_EQ(found->onset, kTen + 40s);
}

TEST(AreaScan, TakesTheRadiusThatTheCallersNeed) {
  MapCalls calls(city());
  for (int i = 0; i < 8; ++i) calls.from(kApart * 4 + 0.3 + i % 4, kApart * 4);
  EXPECT_EQ(calls.found(), "s4-4 s5-4");
  EXPECT_THAT(calls.words(), testing::HasSubstr("8 customers within 2 km"));
}

TEST(AreaScan, TakesTheSameNumberOverTheWholeCityForNothing) {
  MapCalls calls(city());
  for (int i = 0; i < 6; ++i) calls.from(kApart * (i * 7 % kSide) + 1.8, kApart * (i * 3 % kSide));
  EXPECT_EQ(calls.found(), "");
}

TEST(AreaScan, LeavesTheCallersOfOneSiteToTheTopology) {
  MapCalls calls(city());
  for (int i = 0; i < 6; ++i) calls.from(kApart * 4 + 0.1 * i, kApart * 4);
  EXPECT_EQ(calls.found(), "");
  EXPECT_EQ(calls.found_by_topology("s4-4-c0"), "s4-4");
  calls.from(kApart * 5, kApart * 4);  // a stranger next door does not make it an area
  EXPECT_EQ(calls.found(), "");
}

TEST(AreaScan, IsHeldAgainstTheRestOfTheNetwork) {
  EXPECT_EQ(border().elsewhere(2).found(), "s4-4 s5-4");
  EXPECT_EQ(border().elsewhere(400).found(), "");
}

TEST(AreaScan, IsHeldAgainstWhatIsUsualThere) {
  MapCalls calls = border();
  calls.scan_rules().mobile_per_hour *= 30;
  EXPECT_EQ(calls.found(), "");
}

TEST(AreaScan, KnowsNothingWithoutPlaces) {
  MapCalls blind(city(false));
  for (int i = 0; i < 12; ++i) blind.from_cell(site_name(4 + i % 2, 4) + "-c" + std::to_string(i));
  EXPECT_EQ(blind.found(), "");
  MapCalls silent(city());
  for (int i = 0; i < 12; ++i) silent.add(Complaint{});
  EXPECT_EQ(silent.found(), "");
}

TEST(AreaScan, TakesAPlaceForNoMoreExactThanItClaimsToBe) {
  // The cell says which site it is, the place only where about.
  const auto words_at = [](float accuracy_m) {
    MapCalls calls(city());
    for (int i = 0; i < 6; ++i) {
      Complaint complaint;
      complaint.cell = calls.topology().find_endpoint(site_name(4 + i % 2, 4) + "-c" + std::to_string(i));
      complaint.place = at_km(kApart * 4 + 1.8 + (i % 2 == 0 ? -0.2 : 0.2), kApart * 4);
      complaint.accuracy_m = accuracy_m;
      calls.add(complaint);
    }
    return calls.words();
  };
  EXPECT_THAT(words_at(1000), testing::HasSubstr("within 1 km"));
  EXPECT_THAT(words_at(3000), testing::Not(testing::HasSubstr("within 1 km")));
  EXPECT_EQ(words_at(9000), "");
}

TEST(AreaScan, SpeaksBesideANodeOnlyForCallersWhoNamedNoCell) {
  const MapCalls unnamed = border();
  const double nats = unnamed.hypothesis()->gain_nats;
  EXPECT_EQ(unnamed.found(nats - 10), "s4-4 s5-4");
  EXPECT_EQ(unnamed.found(nats - 1), "");  // no better than the node
  MapCalls named(city());
  for (int i = 0; i < 6; ++i) named.from_cell(site_name(4 + i % 2, 4) + "-c" + std::to_string(i));
  EXPECT_EQ(named.found(), "s4-4 s5-4");
  EXPECT_EQ(named.found(0.5), "");
}

TEST(AreaScan, ForgetsWhatIsOlderThanItsWindows) {
  MapCalls calls = border();
  const auto found = calls.found();
  calls.scan_rules().windows = {1min};  // two of the callers
  EXPECT_NE(found, "");
  EXPECT_EQ(calls.found(), "");
}

TEST(Grid, CountsAnOltAsAPartOfItsSite) {
  const auto topology = Network()
                            .site("s", 1, {}, at_km(0, 0))
                            .node("olt", NodeKind::olt, {"s"})
                            .endpoint("port", {"olt"}, Technology::gpon, at_km(0.1, 0))
                            .endpoint("alone", {}, Technology::lte, at_km(0, 0))
                            .build();
  const Grid grid(topology, 1000);
  ASSERT_EQ(grid.sites().size(), 1U);
  EXPECT_EQ(topology->node(grid.sites()[0].node).name, "s");
  EXPECT_EQ(grid.sites()[0].endpoints.size(), 2U);
}

TEST(Grid, MeasuresInMetres) {
  const auto topology = city().build();
  const Grid grid(topology, 1000);
  const auto square = [&](double east, double north) {
    Complaint complaint;
    complaint.place = at_km(east, north);
    return grid.spot(complaint, {{EndpointIndex{0}, 1}})->square;
  };
  EXPECT_NEAR(grid.distance_m(square(0, 0), square(30, 0)), 30'000, 1000);
  EXPECT_NEAR(grid.distance_m(square(0, 0), square(0, 30)), 30'000, 1000);
  EXPECT_NEAR(distance_m(grid.middle(square(12, 7)), at_km(12, 7)), 0, 710);
}

}  // namespace
}  // namespace faultline::correlate
