// The whole argument for one incident, for reading: `faultline incidents ID --why`.
#pragma once

#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "rules/model/incident.h"

#include <span>
#include <string>

namespace faultline::commands {

// Several sections, each with a heading. `complaints` are those attached, in any order; `observations` are
// what probes told of its endpoints in words, oldest first.
std::string why_text(const Incident& incident, std::span<const store::StoredComplaint> complaints,
                     std::span<const store::Event> observations);

}  // namespace faultline::commands
