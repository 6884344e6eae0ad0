// The whole argument for one incident: what was measured, which explanations were weighed, why it opened, and
// what would change the mind. Made by the rules when an incident is told of, kept with it, shown by the
// command line and the API. For people: no decision is taken from it. Every list is bounded by its makers.
#pragma once

#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace faultline {

// The endpoints of one thing that a fault at the root would hit or spare, at that time.
struct GroupFacts {
  std::string name;
  std::uint32_t bad = 0;
  std::uint32_t good = 0;        // measured good since the onset
  std::uint32_t unmeasured = 0;  // not measured since the onset, or in maintenance
};

// One explanation of the bad endpoints. `gain_nats` is over "each endpoint broke by itself", so that 0 is
// that one; `behind_nats` is how much better the same endpoints are explained without it: negative for the
// one that was chosen.
struct WeighedExplanation {
  std::string what;
  std::uint32_t explains = 0;  // bad endpoints
  double gain_nats = 0;
  double behind_nats = 0;
  std::string verdict;
};

enum class WhatIfKind : std::uint8_t { place, cause, time };
inline constexpr std::array<std::string_view, 3> kWhatIfKindNames = {"place", "cause", "time"};
constexpr std::string_view name(WhatIfKind kind) {
  return kWhatIfKindNames[static_cast<std::size_t>(kind)];
}

// "If `condition`: `outcome`", found by putting the condition through the rules' own functions.
struct WhatIf {
  WhatIfKind kind = WhatIfKind::place;
  std::string condition;
  std::string outcome;
};

struct Argument {
  Timestamp at{};                 // what it describes is of this time
  std::string occasion;           // name of the IncidentEvent it was made for
  bool told = false;              // made when a ticket was open, not for a mere suspicion
  std::uint32_t bad_members = 0;  // of the incident
  std::uint32_t bad = 0;          // endpoints below the root, as in GroupFacts
  std::uint32_t good = 0;
  std::uint32_t unmeasured = 0;
  std::vector<std::string> measured;             // sentences with numbers
  std::vector<GroupFacts> groups;                // of the root; those with the most bad endpoints first
  std::uint32_t more_groups = 0;                 // not listed
  std::vector<WeighedExplanation> explanations;  // the chosen one first
  std::vector<std::string> opening;              // the conditions of opening with their figures
  std::vector<WhatIf> would_change;
};

}  // namespace faultline
