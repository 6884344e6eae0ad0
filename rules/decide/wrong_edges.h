// Entries of the inventory that are probably wrong (algorithms B.6): an endpoint that failed and recovered
// with an incident although the inventory puts it elsewhere. Worked out from the incidents that are kept;
// nothing is remembered besides. Pure.
#pragma once

#include "rules/model/decide_rules.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"

#include <cstdint>
#include <span>
#include <vector>

namespace faultline::decide {

// How often an entry is wrong: a Beta distribution, (wrong + kPriorWrong) : (right + kPriorRight).
struct WrongEdgeRatio {
  static constexpr double kPriorWrong = 1, kPriorRight = 99;  // mean 0.01, as if 100 members had been seen
  std::uint64_t members = 0;  // of told incidents at sites and above: failed where the inventory has them
  std::uint64_t strays = 0;   // failed and recovered with one of them from elsewhere

  double mean() const;
};

struct InventorySuspect {
  EndpointIndex endpoint;
  Root place;                             // it failed with an incident there; the entry puts it elsewhere
  std::vector<IncidentNumber> incidents;  // with which it failed, oldest first
  std::uint32_t recovered = 0;            // of them: and recovered with
  std::uint32_t apart = 0;  // incidents at the same place since the first that it did not fail with
  double odds = 0;          // wrong entry : coincidence
  Timestamp first_seen{}, last_seen{};  // onsets of the incidents
};

struct InventorySuspects {
  WrongEdgeRatio ratio;
  std::vector<InventorySuspect> suspects;  // the surest first
};

// `incidents` in any order, as kept. An endpoint that the inventory by now puts below the place is no suspect
// any more.
InventorySuspects inventory_suspects(std::span<const Incident> incidents, const Topology& topology,
                                     const IdentityRules& rules);

}  // namespace faultline::decide
