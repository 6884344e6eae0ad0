// Two sites 3 km apart, complaints about them and the rules for both. Inside of tests/unit/rules_correlate.
#pragma once

#include "rules/correlate/geocode.h"
#include "tests/unit/rules_correlate/fixture.h"

#include <chrono>
#include <memory>
#include <numeric>
#include <string>

namespace faultline::correlate::test {

using namespace std::chrono_literals;

inline CorrelateRules rules() {
  CorrelateRules all;
  all.localise = localise_rules();
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

inline constexpr Place kHere{52.30, 4.80};
inline constexpr Place kThreeKmAway{52.327, 4.80};

inline std::shared_ptr<const Topology> two_sites() {
  return Network().site("here", 3, {}, kHere).site("there", 3, {}, kThreeKmAway).build();
}

inline Complaint at(Place place, float accuracy_m = 300) {
  Complaint complaint;
  complaint.service = Service::mobile_data;
  complaint.place = place;
  complaint.accuracy_m = accuracy_m;
  return complaint;
}

inline double weight_of(const Weights& weights, const Topology& topology, const std::string& prefix) {
  return std::accumulate(weights.begin(), weights.end(), 0.0, [&](double sum, const EndpointWeight& one) {
    return sum + (topology.endpoint(one.endpoint).name.starts_with(prefix) ? one.weight : 0);
  });
}

}  // namespace faultline::correlate::test
