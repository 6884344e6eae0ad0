// An incident's root by name, as people read it.
#pragma once

#include "rules/model/incident.h"
#include "rules/model/topology.h"

#include <string>

namespace faultline {

// "agg-7", "cell-0417-1", "site-1, site-2"; "area" for an area without nodes.
std::string root_name(const Root& root, const Topology& topology);

}  // namespace faultline
