// A place on the ground (WGS 84) and the distance between two.
#pragma once

namespace faultline {

struct Place {
  double latitude_deg = 0;   // -90 … 90
  double longitude_deg = 0;  // -180 … 180
};

// Great-circle distance in metres (haversine, mean earth radius 6,371,008.8 m).
double distance_m(Place a, Place b);

}  // namespace faultline
