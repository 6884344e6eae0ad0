// What is told about one incident: title, words, severity, TMF621 status, what is affected and how tickets
// hang together. A draft is made from one change of an incident by a pure function; the ticket book (book.h)
// turns it into a TMF621 document and the connectors (connector.h) carry it to other systems.
#pragma once

#include "rules/model/action.h"
#include "rules/model/incident.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tickets {

// TMF621 v4, v5 and TMF656 share these names.
enum class Status : std::uint8_t {
  acknowledged,
  rejected,
  pending,
  held,
  in_progress,
  cancelled,
  closed,
  resolved
};
inline constexpr std::array<std::string_view, 8> kStatusNames = {
    "acknowledged", "rejected", "pending", "held", "inProgress", "cancelled", "closed", "resolved"};
constexpr std::string_view name(Status status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}
constexpr std::optional<Status> status_from_name(std::string_view text) {
  for (std::size_t i = 0; i < kStatusNames.size(); ++i)
    if (kStatusNames[i] == text) return static_cast<Status>(i);
  return std::nullopt;
}

// "FL-17": how people and other systems name incident 17, and the key of its ticket everywhere.
std::string external_key(IncidentNumber number);
// The number behind "FL-17"; nothing for any other text.
std::optional<IncidentNumber> incident_from_key(std::string_view key);

// One affected thing, by name, since indexes mean nothing to others.
struct Affected {
  std::string name;
  std::string type;  // "Node" or "Endpoint"
  std::string role;  // "faultLocation", "formerFaultLocation", "affected"
};

struct Relation {
  std::string key;   // external key of the other ticket
  std::string type;  // "mergedInto", "follows" or "splitFrom"
};

// At most this many affected endpoints are named; the draft says how many more there are.
inline constexpr std::size_t kMaxNamedEndpoints = 50;

struct TicketDraft {
  IncidentNumber incident = 0;
  std::uint32_t revision = 0;
  IncidentEvent event = IncidentEvent::updated;
  IncidentState state = IncidentState::suspected;
  std::string key;  // external_key(incident)
  Timestamp at;     // when the change was
  // What the life cycle wants the ticket to say; nothing = an incident in this state has no ticket.
  std::optional<Status> wanted_status;
  std::string title;        // "Transport fault at agg-7: 62 endpoints, 21,400 customers", one line
  std::string description;  // plain text, several lines
  std::string note;         // what this change is, in one or two sentences
  Severity severity = Severity::warning;
  std::optional<Cause> cause;
  double cause_probability = 0;  // 0 … 1
  double confidence = 0;         // 0 … 1, that the incident is real and where it is said to be
  std::uint64_t customers = 0;
  std::size_t affected_endpoints = 0;
  std::size_t complaints = 0;
  std::uint32_t reopens = 0;
  Timestamp onset;
  std::optional<Timestamp> resolved_at;
  std::vector<Affected> affected;
  std::vector<Relation> relations;
};

// The draft for one change, `reason` being the rules' sentence for it. Pure; names come from `topology`.
TicketDraft draft(const Incident& incident, const Topology& topology, IncidentEvent event,
                  std::string_view reason, Timestamp at);

// The life cycle table: what the ticket of an incident in this state says, as far as Faultline alone is
// asked. open → acknowledged when the ticket is new, else inProgress.
std::optional<Status> wanted_status(IncidentState state, IncidentEvent event);

}  // namespace faultline::tickets
