// Small moves on the ground.
#pragma once

#include "rules/model/place.h"

namespace faultline::lab {

// The place so many metres east and north of it; good for some tens of kilometres, away from the poles.
Place moved(Place from, double east_m, double north_m);

}  // namespace faultline::lab
