// Which explanations of an incident's bad endpoints were possible, what each of them is worth, and which one
// a guard forbade: the localiser's own scores for all of them and not only for the best, for people to read.
// Called when an incident is told of, not in every tick. Decides nothing.
#pragma once

#include "rules/correlate/localiser.h"
#include "rules/model/argument.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace faultline::correlate {

// An incident as the localiser sees it, with what was put before the localiser at that time.
struct Question {
  const Footprints& footprints;
  const LocaliseRules& rules;
  std::span<const BadEndpoint> bad;  // all that want an explanation, sorted by endpoint, with `members`
  const HealthyAfter& is_healthy;
  const Root& root;
  std::span<const EndpointIndex> members;  // of the incident, those that are bad; sorted
  Timestamp onset;
};

// At most so many groups, explanations and neighbourhoods are named.
inline constexpr std::size_t kMostGroups = 12, kMostExplanations = 8, kMostParents = 3;

// Fills `groups` and the counts below the root, and adds to `measured` what is known of its neighbours.
void count_around(const Question& question, Argument& argument);
// Fills `explanations`; costs as much as localising.
void weigh(const Question& question, Argument& argument);

// "aggregation agg-7", "endpoint cell-0417", "the area of site-1, site-2".
std::string text_of(const Root& root, const Topology& topology);
// "a, b, c and 4 more"
std::string some_of(std::span<const std::string> names, std::size_t most = 3);
// The nodes right above the root; none above an area.
std::vector<NodeIndex> parents_of(const Root& root, const Topology& topology);

}  // namespace faultline::correlate
