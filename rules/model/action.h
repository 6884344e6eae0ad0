// What the rules want done, each with its reason and the evidence it rests on. The daemon carries them out:
// it stores them, tells ticket systems, and sends bursts.
#pragma once

#include "rules/model/health.h"
#include "rules/model/incident.h"
#include "rules/model/round.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace faultline {

enum class IncidentEvent : std::uint8_t {
  suspected,
  withdrawn,
  opened,
  updated,
  rerooted,
  recovering,
  relapsed,
  resolved,
  reopened,
  closed,
  merged,
};
inline constexpr std::array<std::string_view, 11> kIncidentEventNames = {
    "suspected", "withdrawn", "opened",   "updated", "rerooted", "recovering",
    "relapsed",  "resolved",  "reopened", "closed",  "merged"};
constexpr std::string_view name(IncidentEvent e) {
  return kIncidentEventNames[static_cast<std::size_t>(e)];
}

struct IncidentChanged {
  IncidentEvent event = IncidentEvent::updated;
  std::string reason;  // one sentence: what made it so
  Incident incident;   // as it is after the change
};

struct DegradationChanged {  // began when !degradation.ended
  Degradation degradation;
};

// The complaint's incident is now this one, or none any more.
struct ComplaintAttached {
  std::string complaint_id;
  std::optional<IncidentNumber> incident;
};

enum class BurstReason : std::uint8_t { suspicion, sibling, hold, ambiguity, complaint, recovery };
inline constexpr std::array<std::string_view, 6> kBurstReasonNames = {"suspicion", "sibling",   "hold",
                                                                      "ambiguity", "complaint", "recovery"};
constexpr std::string_view name(BurstReason r) {
  return kBurstReasonNames[static_cast<std::size_t>(r)];
}

struct BurstRequested {
  EndpointIndex endpoint;
  BurstReason reason = BurstReason::suspicion;
  ProbeHostIndex from = 0;  // the probe host that is to send it; where there is one, that one
};

using ActionDetail = std::variant<IncidentChanged, DegradationChanged, ComplaintAttached, BurstRequested>;

struct Action {
  Timestamp at;
  ActionDetail detail;
};
using Actions = std::vector<Action>;

}  // namespace faultline
