// What the sender of complaints is told, as JSON: what became of each, and what is known about its place.
// Pure: everything comes in as data.
//
// One complaint (201 accepted, 200 repeated, 409 conflict, 422 refused):
//   {"id", "result": "accepted" | "repeated" | "conflict" | "refused", "errors": [{"pointer", "expected"}],
//    "warnings": [{"pointer", "expected"}], "explanation": {…}}           errors, warnings: if there are any
//   explanation, with accepted and repeated:
//   {"incident": {"id": "FL-3", "title", "state", "severity", "since", "likely_cause", "cause_probability",
//                 "probability", "ticket": {"id", "href"} | null} | null,
//    "nearby": [{"endpoint", "state", "loss_ratio": 0.02 | null, "rtt_ms": 12.5 | null}]}
// An array: 200 if every one was taken, else 207: {"accepted", "repeated", "conflict", "refused": counts,
//   "results": [ … in order … ]}. A body refused as a whole: problem+json fields {"title", "status",
//   "detail"}.
#pragma once

#include "daemon/complaints/intake.h"
#include "rules/model/health.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"
#include "rules/pipeline.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::complaints {

// What the daemon knows about the things that an answer names. The pointers live as long as the call.
struct Surroundings {
  const Topology* topology = nullptr;
  std::function<EndpointHealth(EndpointIndex)> health;
  std::function<std::optional<double>(EndpointIndex)> rtt_ms;  // median of the latest round; may be empty
  std::function<const Incident*(IncidentNumber)> incident;     // null: not known any more
};

enum class ItemResult : std::uint8_t { accepted, repeated, conflict, refused };
inline constexpr std::array<std::string_view, 4> kItemResultNames = {"accepted", "repeated", "conflict",
                                                                     "refused"};
constexpr std::string_view name(ItemResult result) {
  return kItemResultNames[static_cast<std::size_t>(result)];
}

struct AnsweredItem {
  ItemResult result = ItemResult::refused;
  IntakeItem item;
  std::optional<ComplaintAnswer> answer;  // with accepted and repeated
};

struct IntakeReply {
  unsigned status = 200;
  std::string json;
  std::string trouble;  // with 503: what the store said, for the log and not for the sender
};

IntakeReply reply(bool is_array, const std::vector<AnsweredItem>& items, const Surroundings& around);
// The body as a whole was refused, or could not be stored.
IntakeReply refusal(unsigned status, std::string_view detail);

}  // namespace faultline::complaints
