// Where a fault is on the map: around the middle of what it has. Pure.
#pragma once

#include "rules/model/place.h"
#include "rules/model/topology.h"

#include <cstddef>
#include <optional>
#include <span>

namespace faultline::decide {

struct Vicinity {
  Place middle;
  double radius_m = 0;

  bool has(const Place& place) const;
};

// Around most of these endpoints, and half a kilometre more: their places are no better known. Empty if none
// of them has a place.
std::optional<Vicinity> vicinity_of(const Topology& topology, std::span<const EndpointIndex> endpoints);

// How many endpoints of the inventory are there.
std::size_t count_in(const Vicinity& vicinity, const Topology& topology);

}  // namespace faultline::decide
