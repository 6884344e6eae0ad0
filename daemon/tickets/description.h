// An incident in plain words: title, description and notes of its ticket, for the person on call. Pure,
// English, plain text; bounded, however many endpoints and reasons there are.
#pragma once

#include "rules/model/action.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tickets {

// "Transport fault at agg-7: 62 endpoints, 21,400 customers". One line.
std::string title(const Incident& incident, const Topology& topology);
// What, where, since when; likely cause with its probability and reasons; what was ruled out; who is
// affected.
std::string description(const Incident& incident, const Topology& topology);
// What this change is: "Recovering: 60 of 62 endpoints answer again".
std::string note(const Incident& incident, const Topology& topology, IncidentEvent event,
                 std::string_view reason);

// "a cut fibre or another transport fault" and the like.
std::string_view words(Cause cause);
// "Transport fault": the start of a title.
std::string_view title_words(Cause cause);
// Where: "agg-7", "agg-7, agg-8 and 3 more", "an unknown place".
std::string place_in_words(const Root& root, const Topology& topology);
// 21400 → "21,400".
std::string grouped(std::uint64_t number);
// "1 endpoint", "62 endpoints", "21,400 customers".
std::string counted(std::uint64_t number, std::string_view singular);
// Affected endpoints that a reader wants first: bad ones before others, then by customers; at most `limit`.
std::vector<EndpointIndex> worst_affected(const Incident& incident, const Topology& topology,
                                          std::size_t limit);

}  // namespace faultline::tickets
