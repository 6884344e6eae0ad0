// The map in squares of about a kilometre: which access endpoints serve each of them, and in which one a
// complaint lies. For what the topology cannot say: complaints near each other that share no node. Built once
// per topology; endpoints without a place and complaints without one are not on it. One thread.
#pragma once

#include "rules/correlate/geocode.h"
#include "rules/model/complaint.h"
#include "rules/model/topology.h"

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace faultline::correlate {

struct Square {
  std::int32_t row = 0;  // to the north
  std::int32_t column = 0;
  auto operator<=>(const Square&) const = default;
};

}  // namespace faultline::correlate

template <>
struct std::hash<faultline::correlate::Square> {
  std::size_t operator()(const faultline::correlate::Square& square) const noexcept {
    return std::hash<std::int64_t>{}((std::int64_t{square.row} << 32) ^ std::uint32_t(square.column));
  }
};

namespace faultline::correlate {

// Where on the map a complaint comes from, and which sites may serve it: the likeliest ones, with how likely
// each is.
struct SiteWeight {
  std::uint32_t site = 0;  // position in Grid::sites
  double weight = 0;
};
struct Spot {
  Square square;
  std::uint32_t site = 0;  // that serves it most likely: position in Grid::sites
  float accuracy_m = 0;    // how far off the place may be
  bool is_named = false;   // its sender knew the line or the cell
  std::vector<SiteWeight> may_serve;
};

// What shares the equipment of one place: a whole site with all that hangs on it, or an endpoint that hangs
// on no site.
struct GridSite {
  NodeIndex node;                        // its name; of a lone endpoint what that hangs on
  std::vector<EndpointIndex> endpoints;  // sorted
};

// The endpoints of one site in one square.
struct Served {
  std::uint32_t site = 0;
  float coverage_m = 0;  // the largest
  std::vector<EndpointIndex> endpoints;
};

class Grid {
 public:
  // `square_m`: side of a square, > 0.
  Grid(std::shared_ptr<const Topology> topology, double square_m);

  // Nothing if the complaint has no place, or nothing on the map serves it. `weights`: the geocoder's.
  std::optional<Spot> spot(const Complaint& complaint, const Weights& weights) const;
  std::span<const GridSite> sites() const { return sites_; }
  const std::unordered_map<Square, std::vector<Served>>& squares() const { return squares_; }
  // Between the middles of squares. Flat: right to a hundredth within the reach of a scan.
  struct Ruler {
    Square from;
    double north_m = 0, east_m = 0;  // of a square

    bool is_within(Square square, double metres) const {
      const double north = (square.row - from.row) * north_m, east = (square.column - from.column) * east_m;
      return north * north + east * east <= metres * metres;
    }
  };
  Ruler ruler(Square from) const;
  double distance_m(Square a, Square b) const;
  Place middle(Square square) const;
  double square_m() const { return square_m_; }
  double widest_m() const { return widest_m_; }  // coverage of any endpoint

 private:
  Square square_at(Place place) const;
  void add(EndpointIndex endpoint);

  std::shared_ptr<const Topology> topology_;
  double square_m_;
  double widest_m_ = 0;
  double narrowing_ = 1;  // of a degree of longitude, at the middle of the network
  std::vector<GridSite> sites_;
  std::vector<std::uint32_t> site_of_;  // by endpoint
  std::unordered_map<NodeIndex, std::uint32_t> site_of_node_;
  std::unordered_map<Square, std::vector<Served>> squares_;
};

}  // namespace faultline::correlate
