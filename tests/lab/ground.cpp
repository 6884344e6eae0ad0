#include "tests/lab/ground.h"

#include <cmath>
#include <numbers>

namespace faultline::lab {

Place moved(Place from, double east_m, double north_m) {
  constexpr double kMetresPerDegree = 111'195;
  from.latitude_deg += north_m / kMetresPerDegree;
  from.longitude_deg += east_m / (kMetresPerDegree * std::cos(from.latitude_deg * std::numbers::pi / 180));
  return from;
}

}  // namespace faultline::lab
