#include "rules/model/place.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace faultline {

double distance_m(Place a, Place b) {
  constexpr double kEarthRadiusM = 6'371'008.8;
  constexpr double kRadians = std::numbers::pi / 180;
  const double sin_lat = std::sin((b.latitude_deg - a.latitude_deg) * kRadians / 2);
  const double sin_lon = std::sin((b.longitude_deg - a.longitude_deg) * kRadians / 2);
  const double h = sin_lat * sin_lat + std::cos(a.latitude_deg * kRadians) *
                                           std::cos(b.latitude_deg * kRadians) * sin_lon * sin_lon;
  return 2 * kEarthRadiusM * std::asin(std::sqrt(std::clamp(h, 0.0, 1.0)));
}

}  // namespace faultline
