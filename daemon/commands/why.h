// The whole argument for one incident, for reading: `faultline incidents ID --why`.
#pragma once

#include "daemon/store/complaints.h"
#include "rules/model/incident.h"

#include <span>
#include <string>

namespace faultline::commands {

// Several sections, each with a heading. `complaints` are those attached, in any order.
std::string why_text(const Incident& incident, std::span<const store::StoredComplaint> complaints);

}  // namespace faultline::commands
