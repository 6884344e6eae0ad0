// What one idea of the diagnosis is worth: the rules without it. Each is a flag of the program `accuracy`.
#pragma once

#include "rules/model/rule_set.h"

#include <array>
#include <string_view>

namespace faultline::accuracy {

enum class Ablation : std::uint8_t {
  bursts,         // nothing is measured again (takes effect in the simulation)
  healthy,        // healthy neighbours are no evidence
  strays,         // an edge of the inventory is never wrong
  halo,           // a complaint leaves the scan only if it is attached
  long_merging,   // what began within 15 min may be one fault
  earliest_onset  // the first member's onset is the fault's
};
inline constexpr std::array<std::string_view, 6> kAblationNames = {
    "bursts", "healthy", "strays", "halo", "long_merging", "earliest_onset"};

void ablate(RuleSet& rules, Ablation ablation);

}  // namespace faultline::accuracy
