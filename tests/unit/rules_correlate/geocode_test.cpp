// From a complaint's place, line or cell to the endpoints that may serve it, and which places are no houses.
#include "rules/correlate/geocode.h"

#include "rules/correlate/centroids.h"
#include "tests/unit/rules_correlate/complaint_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::at, test::rules, test::two_sites, test::kHere, test::kThreeKmAway;
using test::kStart;
using test::Network, test::weight_of;

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
