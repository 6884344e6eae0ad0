// An incident: what Faultline believes is broken, where, since when, why, and on which evidence. One incident
// has exactly one ticket per ticket system.
#pragma once

#include "rules/model/argument.h"
#include "rules/model/index.h"
#include "rules/model/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace faultline {

// suspected → open → recovering → resolved → closed; resolved → open is a reopen (same ticket).
// withdrawn: a suspicion that never opened. merged: absorbed by the incident that `merged_into` names.
enum class IncidentState : std::uint8_t { suspected, open, recovering, resolved, closed, withdrawn, merged };
inline constexpr std::array<std::string_view, 7> kIncidentStateNames = {
    "suspected", "open", "recovering", "resolved", "closed", "withdrawn", "merged"};
constexpr std::string_view name(IncidentState s) {
  return kIncidentStateNames[static_cast<std::size_t>(s)];
}
constexpr bool has_ended(IncidentState s) {
  return s >= IncidentState::closed;
}

// ITU-T X.733 perceived severity.
enum class Severity : std::uint8_t { critical, major, minor, warning };
inline constexpr std::array<std::string_view, 4> kSeverityNames = {"critical", "major", "minor", "warning"};
constexpr std::string_view name(Severity s) {
  return kSeverityNames[static_cast<std::size_t>(s)];
}

enum class Cause : std::uint8_t {
  access_node,  // base station or other access-node equipment
  transport,    // fibre cut, transport or aggregation
  power,
  congestion,
  radio,         // coverage or interference
  access_plant,  // PON branch, DOCSIS ingress, copper
  upstream,
  service_platform,  // DNS, AAA, IMS, IPTV
  customer_side,     // the customer's own WiFi or equipment
  probe_host,
};
inline constexpr std::size_t kCauseCount = 10;
inline constexpr std::array<std::string_view, kCauseCount> kCauseNames = {
    "access_node", "transport",        "power",         "congestion", "radio", "access_plant",
    "upstream",    "service_platform", "customer_side", "probe_host"};
constexpr std::string_view name(Cause c) {
  return kCauseNames[static_cast<std::size_t>(c)];
}

using IncidentNumber = std::uint64_t;  // from 1, never given twice

// Where the fault is: one node, one endpoint, or an area (several nodes without a known common cause).
struct Area {
  std::vector<NodeIndex> nodes;
  auto operator<=>(const Area&) const = default;
};
using Root = std::variant<NodeIndex, EndpointIndex, Area>;

struct Evidence {
  std::string text;  // a sentence with numbers, as the ticket shows it
  double nats = 0;   // what it is worth; 0 where it is context
};

struct CauseScore {
  Cause cause = Cause::transport;
  double probability = 0;
  std::vector<std::string> reasons;  // the three that speak most for it
};

struct Incident {
  IncidentNumber number = 0;
  std::uint32_t revision = 0;  // counts every change that is told to others
  IncidentState state = IncidentState::suspected;
  Root root;
  std::vector<Root> former_roots;  // oldest first
  Severity severity = Severity::warning;
  double confidence = 0;        // posterior probability 0 … 1
  bool complaint_only = false;  // nothing but complaints speak for it so far
  Timestamp onset{};
  Timestamp suspected_at{};
  std::optional<Timestamp> opened_at, recovered_at, resolved_at, closed_at;
  std::uint32_t reopens = 0;
  std::vector<EndpointIndex> affected;           // every endpoint in the footprint, sorted
  std::vector<EndpointIndex> bad;                // those confirmed bad now, sorted
  std::vector<EndpointIndex> suspected_members;  // fit by time, not by inventory (a wrong edge?)
  std::size_t most_bad = 0;                      // members bad at its worst time, none of them getting better
  // Affected until the root moved down to a part of it; their customers still call about it. Sorted.
  std::vector<EndpointIndex> well_again;
  std::optional<Timestamp> narrowed_at;      // when that was
  std::uint64_t customers = 0;               // below `affected`
  std::vector<std::string> complaints;       // ids of those attached
  std::vector<CauseScore> causes;            // best first; the first is the likely cause
  std::vector<Evidence> evidence;            // why we believe it
  std::vector<Evidence> alternatives;        // what else was weighed, and why not
  std::shared_ptr<const Argument> argument;  // in full; null before it is told, or from an older store
  std::optional<IncidentNumber> merged_into, follows;
  std::optional<IncidentNumber> split_from;  // a part of that one, which outlasted the common cause
};

}  // namespace faultline
