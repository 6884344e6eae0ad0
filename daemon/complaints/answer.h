// What the sender of complaints is told, as JSON: what became of each, and what is known about its place.
// Pure: everything comes in as data.
//
// One complaint: {"id", "result": "accepted", "warnings": [], "explanation": {…}}
//   result: accepted (201), repeated (200), conflict (409), refused (422, with "errors": [{pointer,
//   expected}]) explanation: {"incident": {"id": "FL-3", "since", "state", "severity", "place",
//   "likely_cause", "cause_probability", "probability", "ticket": {"id", "href"} | null} | null,
//                 "nearby": [{"endpoint", "state", "loss_ratio" | null, "rtt_ms" | null}]}
// An array: 200 if all were taken, else 207: {"accepted", "repeated", "conflict", "refused", "results": [ …
// ]}
#pragma once

#include "daemon/complaints/intake.h"
#include "rules/model/health.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"
#include "rules/pipeline.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::complaints {

// What the daemon knows about the things that an answer names.
struct Surroundings {
  const Topology* topology = nullptr;
  std::function<EndpointHealth(EndpointIndex)> health;
  std::function<std::optional<double>(EndpointIndex)> rtt_ms;  // median of the latest round; may be empty
  std::function<const Incident*(IncidentNumber)> incident;     // null: unknown
  std::function<bool(IncidentNumber)> has_ticket;              // in the ticket book; may be empty
};

enum class ItemResult : std::uint8_t { accepted, repeated, conflict, refused };
inline constexpr std::array<std::string_view, 4> kItemResultNames = {"accepted", "repeated", "conflict",
                                                                     "refused"};

struct AnsweredItem {
  ItemResult result = ItemResult::refused;
  IntakeItem item;
  std::optional<ComplaintAnswer> answer;  // with accepted and repeated
};

struct IntakeReply {
  unsigned status = 200;
  std::string json;
};

IntakeReply reply(const Intake& intake, const std::vector<AnsweredItem>& items, const Surroundings& around);

}  // namespace faultline::complaints
