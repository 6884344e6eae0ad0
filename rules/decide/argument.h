// The parts of an incident's argument that the book knows: what its members show, by which figures it opened,
// and which observation would make another cause likely. Words and numbers for people; no decision.
#pragma once

#include "rules/decide/lifecycle.h"
#include "rules/decide/record.h"
#include "rules/model/argument.h"
#include "rules/model/decide_rules.h"
#include "rules/model/topology.h"

#include <span>

namespace faultline::decide {

// Adds to `measured`: respects, losses, values and onsets of those that are bad, and strays.
void add_measured(Argument& argument, const Record& record, const Present& present, const Topology& topology,
                  std::span<const DegradationFigures> figures);
// Fills `opening`: odds, hold, re-measurement, parents; before the opening what is still waited for.
void add_opening(Argument& argument, const Record& record, const LifecycleFacts& facts,
                 const DecideRules& rules);
// Adds to `would_change` the observations that would make another cause the likely one, or the likely one
// sure; and what time would do.
void add_causes_to_come(Argument& argument, const Record& record, const Topology& topology,
                        const CauseRules& rules);
void add_time_to_come(Argument& argument, const Record& record, const LifecycleFacts& facts,
                      const DecideRules& rules);

}  // namespace faultline::decide
