// What the pipeline wants done, as one JSON line. Pure.
#pragma once

#include "rules/model/action.h"
#include "rules/model/topology.h"

#include <string>

namespace faultline::replay {

// Without the line feed.
std::string write(const Action& action, const Topology& topology);

}  // namespace faultline::replay
