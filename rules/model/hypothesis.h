// What could explain the bad endpoints of this moment: written by rules/correlate, turned into incidents by
// rules/decide. Plain data, valid for the inputs it was made from.
#pragma once

#include "rules/model/correlate_rules.h"
#include "rules/model/incident.h"
#include "rules/model/index.h"
#include "rules/model/place.h"
#include "rules/model/time.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace faultline {

struct Hypothesis {
  Root root;
  Level level = Level::endpoint;
  double gain_nats = 0;    // over "each of its endpoints broke by itself"; an endpoint: its own log odds
  double margin_nats = 0;  // to the best other explanation of the same endpoints
  double coincidences_per_year = 1;  // an endpoint: how often one becomes bad as it did by itself
  bool ambiguous = false;            // the margin is too small to be sure
  bool flapping = false;             // nothing but flapping endpoints
  bool complaints_only = false;
  std::uint32_t complaints = 0;  // customers below it who complain and whom nothing explains,
  std::optional<Place> callers;  // and where those of an area are, which may be elsewhere than its nodes
  Timestamp onset;
  Timestamp median_onset;               // by then half of what it explains was bad
  std::vector<EndpointIndex> bad;       // explained by it, sorted
  std::vector<EndpointIndex> affected;  // footprint: every endpoint of the groups that are hit, sorted
  std::uint32_t healthy = 0;            // freshly measured and good, below the root
  std::uint32_t groups_hit = 0;
  std::uint32_t groups = 0;
  std::vector<Evidence> evidence;
  std::vector<Evidence> alternatives;
  std::vector<EndpointIndex> tests;  // their state would decide between it and the alternatives
};

// What explains those members of an incident that are still bad, looked at without the rest of the network.
struct Remainder {
  std::vector<Hypothesis> parts;  // below its root, no endpoint in two; empty: nothing narrower explains them
  double lead_nats = 0;  // of the parts at nodes over the root, or over "each by itself" where `root_fails`
  bool root_fails = false;  // too little is left for a fault at the root to be an explanation at all
};

}  // namespace faultline
