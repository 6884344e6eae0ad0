#include "rules/correlate/geocode.h"

#include <algorithm>
#include <cmath>

namespace faultline::correlate {
namespace {

constexpr double kSquareDeg = 0.02;
constexpr double kMetresPerDegree = 111'195;

std::int64_t square(std::int64_t row, std::int64_t column) {
  return row * 1'000'000 + column;
}
std::int64_t step(double degrees) {
  return static_cast<std::int64_t>(std::floor(degrees / kSquareDeg));
}

double density(double distance_m, double deviation_m) {
  const double ratio = distance_m / deviation_m;
  return std::exp(-ratio * ratio / 2) / (deviation_m * deviation_m);
}

void normalise(Weights& weights, std::size_t most) {
  const auto heavier = [](const EndpointWeight& a, const EndpointWeight& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.endpoint < b.endpoint;
  };
  if (weights.size() > most) {
    const auto end = weights.begin() + static_cast<std::ptrdiff_t>(most);
    std::nth_element(weights.begin(), end, weights.end(), heavier);
    weights.resize(most);
  }
  std::sort(weights.begin(), weights.end(), heavier);
  double sum = 0;
  for (const EndpointWeight& one : weights) sum += one.weight;
  if (sum <= 0) return weights.clear();
  for (EndpointWeight& one : weights) one.weight /= sum;
}

}  // namespace

bool carries(Technology technology, Service service) {
  switch (service) {
    case Service::mobile_voice:
    case Service::mobile_data:
    case Service::messaging:
      return is_mobile(technology);
    case Service::internet:
    case Service::telephony:
    case Service::tv:
      return !is_mobile(technology);
    default:
      return true;
  }
}

Geocoder::Geocoder(std::shared_ptr<const Topology> topology) : topology_(std::move(topology)) {
  const auto endpoints = topology_->endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i)
    if (endpoints[i].place && !endpoints[i].retired)
      squares_[square(step(endpoints[i].place->latitude_deg), step(endpoints[i].place->longitude_deg))]
          .push_back(EndpointIndex{i});
}

Weights Geocoder::weights(const Complaint& complaint, const GeocodeRules& rules) const {
  const auto known = [&](const std::optional<EndpointIndex>& endpoint) {
    return endpoint && endpoint->value < topology_->endpoints().size() &&
           !topology_->endpoint(*endpoint).retired;
  };
  if (known(complaint.line)) return {{*complaint.line, 1}};
  if (known(complaint.cell)) return of_cell(*complaint.cell, rules.cell_share);
  if (complaint.place) return of_place(complaint, rules);
  return {};
}

// The phone may have been on a neighbouring sector of the same site.
Weights Geocoder::of_cell(EndpointIndex cell, double share) const {
  Weights weights{{cell, 1}};
  const auto& parents = topology_->endpoint(cell).parents;
  if (parents.empty()) return weights;
  Weights others;
  for (const EndpointIndex other : topology_->child_endpoints(parents.front().parent))
    if (other != cell && is_mobile(topology_->endpoint(other).technology)) others.push_back({other, 0});
  if (others.empty()) return weights;
  weights.front().weight = share;
  for (EndpointWeight& other : others) {
    other.weight = (1 - share) / static_cast<double>(others.size());
    weights.push_back(other);
  }
  return weights;
}

Weights Geocoder::of_place(const Complaint& complaint, const GeocodeRules& rules) const {
  const Place place = *complaint.place;
  const double deviation = std::max<double>(complaint.accuracy_m, rules.least_accuracy_m);
  const double degrees = rules.reach_m / kMetresPerDegree;
  const double narrowing = std::max(0.05, std::cos(place.latitude_deg * 3.14159265358979 / 180));
  Weights weights;
  for (auto row = step(place.latitude_deg - degrees); row <= step(place.latitude_deg + degrees); ++row) {
    const auto last = step(place.longitude_deg + degrees / narrowing);
    for (auto column = step(place.longitude_deg - degrees / narrowing); column <= last; ++column) {
      const auto found = squares_.find(square(row, column));
      if (found == squares_.end()) continue;
      for (const EndpointIndex index : found->second) {
        const Endpoint& endpoint = topology_->endpoint(index);
        if (!carries(endpoint.technology, complaint.service)) continue;
        // Flat: right to a thousandth within the reach, and a flood of complaints asks this a million times.
        const double north = (endpoint.place->latitude_deg - place.latitude_deg) * kMetresPerDegree;
        const double east =
            (endpoint.place->longitude_deg - place.longitude_deg) * kMetresPerDegree * narrowing;
        const double away = std::max(0.0, std::sqrt(north * north + east * east) - endpoint.coverage_m);
        if (away > rules.reach_m) continue;
        const double near = rules.near_share * density(away, deviation);
        const double far = (1 - rules.near_share) * density(away, std::max(deviation, rules.far_deviation_m));
        weights.push_back({index, endpoint.customers * (near + far)});
      }
    }
  }
  normalise(weights, rules.endpoints);
  return weights;
}

}  // namespace faultline::correlate
