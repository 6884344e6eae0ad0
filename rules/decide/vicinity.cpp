#include "rules/decide/vicinity.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace faultline::decide {
namespace {

constexpr double kMost = 0.9;
constexpr double kMargin_m = 500;
constexpr double kMetresPerLatitude = 111'000;  // a little less than it is

}  // namespace

bool Vicinity::has(const Place& place) const {
  // Most of a large inventory is ruled out by this.
  if (std::abs(place.latitude_deg - middle.latitude_deg) * kMetresPerLatitude > radius_m) return false;
  return distance_m(place, middle) <= radius_m;
}

std::optional<Vicinity> vicinity_of(const Topology& topology, std::span<const EndpointIndex> endpoints) {
  std::vector<Place> places;
  for (const EndpointIndex endpoint : endpoints)
    if (const auto& place = topology.endpoint(endpoint).place) places.push_back(*place);
  if (places.empty()) return std::nullopt;
  // Each by itself, so that a few that are far away, or on the other side of 180 degrees, do not move it.
  const auto middle_of = [&](double Place::*part) {
    const auto half = places.begin() + static_cast<std::ptrdiff_t>(places.size() / 2);
    std::nth_element(places.begin(), half, places.end(),
                     [&](const Place& a, const Place& b) { return a.*part < b.*part; });
    return *half.*part;
  };
  Vicinity found;
  found.middle = {middle_of(&Place::latitude_deg), middle_of(&Place::longitude_deg)};
  std::vector<double> away;
  for (const Place& place : places) away.push_back(distance_m(place, found.middle));
  const auto most = away.begin() + static_cast<std::ptrdiff_t>(kMost * static_cast<double>(away.size() - 1));
  std::nth_element(away.begin(), most, away.end());
  found.radius_m = *most + kMargin_m;
  return found;
}

std::size_t count_in(const Vicinity& vicinity, const Topology& topology) {
  const auto endpoints = topology.endpoints();
  return static_cast<std::size_t>(std::count_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& one) {
    return !one.retired && one.place && vicinity.has(*one.place);
  }));
}

}  // namespace faultline::decide
