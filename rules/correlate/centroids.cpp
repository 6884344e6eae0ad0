#include "rules/correlate/centroids.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace faultline::correlate {
namespace {

constexpr std::size_t kMostPlaces = 200'000;
constexpr double kSteps = 1e6;  // a tenth of a metre

std::uint64_t key_of(Place place) {
  const auto latitude = static_cast<std::int64_t>(std::llround(place.latitude_deg * kSteps));
  const auto longitude = static_cast<std::int64_t>(std::llround(place.longitude_deg * kSteps));
  return (static_cast<std::uint64_t>(latitude) << 32U) ^
         (static_cast<std::uint64_t>(longitude) & 0xffffffffU);
}

}  // namespace

void Centroids::note(const Complaint& complaint, const GeocodeRules& rules) {
  if (!complaint.place) return;
  const std::uint64_t key = key_of(*complaint.place);
  if (places_.size() >= kMostPlaces && !places_.contains(key)) return;
  Given& given = places_[key];
  given.last = std::max(given.last, complaint.received);
  if (given.customers.size() >= rules.centroid_customers ||
      (given.counted != Timestamp{} && complaint.received - given.counted < std::chrono::hours(24)) ||
      std::find(given.customers.begin(), given.customers.end(), complaint.customer) != given.customers.end())
    return;
  given.customers.push_back(complaint.customer);
  given.counted = complaint.received;
}

float Centroids::accuracy_m(const Complaint& complaint, const GeocodeRules& rules) const {
  if (!complaint.place) return complaint.accuracy_m;
  const auto found = places_.find(key_of(*complaint.place));
  if (found == places_.end() || found->second.customers.size() < rules.centroid_customers)
    return complaint.accuracy_m;
  return std::max(complaint.accuracy_m, static_cast<float>(rules.centroid_deviation_m));
}

void Centroids::forget_before(Timestamp at) {
  std::erase_if(places_, [&](const auto& entry) { return entry.second.last < at; });
}

}  // namespace faultline::correlate
