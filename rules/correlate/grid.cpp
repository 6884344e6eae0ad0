#include "rules/correlate/grid.h"

#include "rules/model/correlate_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace faultline::correlate {
namespace {

constexpr double kMetresPerDegree = 111'195;
constexpr std::size_t kLikeliest = 6;
constexpr std::uint32_t kNoSite = std::numeric_limits<std::uint32_t>::max();

double narrowing_at(double latitude_deg) {
  return std::max(0.05, std::cos(latitude_deg * std::numbers::pi / 180));
}

// The uppermost of the nodes of one place: an OLT stands in a site, a splitter hangs on an OLT.
std::optional<NodeIndex> site_above(const Topology& topology, EndpointIndex endpoint) {
  std::optional<NodeIndex> site;
  for (const NodeIndex node : topology.ancestors(endpoint))
    if (level_of(topology.node(node).kind) == Level::site && (!site || topology.is_at_or_above(node, *site)))
      site = node;
  return site;
}

}  // namespace

Grid::Grid(std::shared_ptr<const Topology> topology, double square_m)
    : topology_(std::move(topology)), square_m_(square_m) {
  const auto endpoints = topology_->endpoints();
  double latitudes = 0, placed = 0;
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.retired || !endpoint.place) continue;
    latitudes += endpoint.place->latitude_deg;
    ++placed;
    widest_m_ = std::max<double>(widest_m_, endpoint.coverage_m);
  }
  if (placed > 0) narrowing_ = narrowing_at(latitudes / placed);
  site_of_.assign(endpoints.size(), kNoSite);
  for (std::uint32_t i = 0; i < endpoints.size(); ++i)
    if (!endpoints[i].retired && endpoints[i].place && !endpoints[i].parents.empty()) add({i});
}

void Grid::add(EndpointIndex index) {
  const Endpoint& endpoint = topology_->endpoint(index);
  const auto above = site_above(*topology_, index);
  auto number = static_cast<std::uint32_t>(sites_.size());
  if (above) number = site_of_node_.try_emplace(*above, number).first->second;
  if (number == sites_.size()) sites_.push_back({above.value_or(endpoint.parents.front().parent), {}});
  sites_[number].endpoints.push_back(index);
  site_of_[index.value] = number;
  auto& served = squares_[square_at(*endpoint.place)];
  auto found =
      std::find_if(served.begin(), served.end(), [&](const Served& one) { return one.site == number; });
  if (found == served.end()) found = served.insert(served.end(), Served{number, 0, {}});
  found->coverage_m = std::max(found->coverage_m, endpoint.coverage_m);
  found->endpoints.push_back(index);
}

Square Grid::square_at(Place place) const {
  const double north = place.latitude_deg * kMetresPerDegree;
  const double east = place.longitude_deg * kMetresPerDegree * narrowing_;
  return {static_cast<std::int32_t>(std::floor(north / square_m_)),
          static_cast<std::int32_t>(std::floor(east / square_m_))};
}

Place Grid::middle(Square square) const {
  return {(square.row + 0.5) * square_m_ / kMetresPerDegree,
          (square.column + 0.5) * square_m_ / kMetresPerDegree / narrowing_};
}

Grid::Ruler Grid::ruler(Square from) const {
  return {from, square_m_, square_m_ * narrowing_at(middle(from).latitude_deg) / narrowing_};
}

double Grid::distance_m(Square a, Square b) const {
  const Ruler from_a = ruler(a);
  return std::hypot((a.row - b.row) * from_a.north_m, (a.column - b.column) * from_a.east_m);
}

// A line is where the inventory has it, whatever address the bill goes to. A phone is where it says, else
// somewhere around its cell.
std::optional<Spot> Grid::spot(const Complaint& complaint, const Weights& weights) const {
  if (weights.empty()) return std::nullopt;
  const EndpointIndex nearest = weights.front().endpoint;
  if (nearest.value >= site_of_.size() || site_of_[nearest.value] == kNoSite) return std::nullopt;
  const Endpoint& endpoint = topology_->endpoint(nearest);
  Spot spot;
  spot.site = site_of_[nearest.value];
  spot.is_named = complaint.line == nearest || complaint.cell == nearest;
  const bool is_at_own_place = complaint.place && complaint.line != nearest;
  spot.square = square_at(is_at_own_place ? *complaint.place : *endpoint.place);
  spot.accuracy_m = is_at_own_place ? complaint.accuracy_m : endpoint.coverage_m;
  for (const EndpointWeight& one : weights) {
    const std::uint32_t site = one.endpoint.value < site_of_.size() ? site_of_[one.endpoint.value] : kNoSite;
    if (site == kNoSite) continue;
    const auto known = std::find_if(spot.may_serve.begin(), spot.may_serve.end(),
                                    [&](const SiteWeight& other) { return other.site == site; });
    if (known != spot.may_serve.end())
      known->weight += one.weight;
    else if (spot.may_serve.size() < kLikeliest)
      spot.may_serve.push_back({site, one.weight});
  }
  return spot;
}

}  // namespace faultline::correlate
