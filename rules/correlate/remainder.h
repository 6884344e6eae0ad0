// What is left of an incident, localised alone: is there an explanation below its root that is better than
// the root? Asked of open wider incidents when their bad members changed. Pure; decides nothing.
#pragma once

#include "rules/correlate/localiser.h"

#include <span>

namespace faultline::correlate {

// `bad`: the members that are bad now, each at most once, any order. The answer has no parts where the root
// explains them, where something that does not lie below it does, and where two or more nodes of an area are
// still bad: those may have their unknown common cause yet.
Remainder remainder_of(const Footprints& footprints, const LocaliseRules& rules, const Root& root,
                       std::span<const BadEndpoint> bad, const HealthyAfter& is_healthy);

}  // namespace faultline::correlate
