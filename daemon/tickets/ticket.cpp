#include "daemon/tickets/ticket.h"

#include "daemon/tickets/description.h"

#include <fmt/core.h>

#include <charconv>

namespace faultline::tickets {

namespace {

void name_root(const Root& root, const Topology& topology, std::string_view role,
               std::vector<Affected>& out) {
  if (const auto* node = std::get_if<NodeIndex>(&root))
    out.push_back({topology.node(*node).name, "Node", std::string(role)});
  else if (const auto* endpoint = std::get_if<EndpointIndex>(&root))
    out.push_back({topology.endpoint(*endpoint).name, "Endpoint", std::string(role)});
  else
    for (const NodeIndex member : std::get<Area>(root).nodes)
      out.push_back({topology.node(member).name, "Node", std::string(role)});
}

std::vector<Affected> affected_things(const Incident& incident, const Topology& topology) {
  std::vector<Affected> things;
  name_root(incident.root, topology, "faultLocation", things);
  for (const Root& former : incident.former_roots)
    if (former != incident.root) name_root(former, topology, "formerFaultLocation", things);
  const auto* own = std::get_if<EndpointIndex>(&incident.root);
  for (const EndpointIndex endpoint : worst_affected(incident, topology, kMaxNamedEndpoints))
    if (own == nullptr || endpoint != *own)
      things.push_back({topology.endpoint(endpoint).name, "Endpoint", "affected"});
  return things;
}

}  // namespace

std::string external_key(IncidentNumber number) {
  return fmt::format("FL-{}", number);
}

std::optional<IncidentNumber> incident_from_key(std::string_view key) {
  if (!key.starts_with("FL-")) return std::nullopt;
  key.remove_prefix(3);
  if (key.empty() || key[0] == '0') return std::nullopt;
  IncidentNumber number = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
  if (error != std::errc() || end != key.data() + key.size()) return std::nullopt;
  return number;
}

std::optional<Status> wanted_status(IncidentState state, IncidentEvent event) {
  switch (state) {
    case IncidentState::suspected:
    case IncidentState::withdrawn:
      return std::nullopt;
    case IncidentState::open:
      return event == IncidentEvent::opened ? Status::acknowledged : Status::in_progress;
    case IncidentState::recovering:
      return Status::in_progress;
    case IncidentState::resolved:
      return Status::resolved;
    case IncidentState::closed:
      return Status::closed;
    case IncidentState::merged:
      return Status::cancelled;
  }
  return std::nullopt;
}

TicketDraft draft(const Incident& incident, const Topology& topology, IncidentEvent event,
                  std::string_view reason, Timestamp at) {
  TicketDraft d;
  d.incident = incident.number;
  d.revision = incident.revision;
  d.event = event;
  d.state = incident.state;
  d.key = external_key(incident.number);
  d.at = at;
  d.wanted_status = wanted_status(incident.state, event);
  d.title = title(incident, topology);
  d.description = description(incident, topology);
  d.note = note(incident, topology, event, reason);
  d.severity = incident.severity;
  if (!incident.causes.empty()) {
    d.cause = incident.causes.front().cause;
    d.cause_probability = incident.causes.front().probability;
  }
  d.confidence = incident.confidence;
  d.customers = incident.customers;
  d.affected_endpoints = incident.affected.size();
  d.complaints = incident.complaints.size();
  d.reopens = incident.reopens;
  d.onset = incident.onset;
  d.resolved_at = incident.resolved_at;
  d.affected = affected_things(incident, topology);
  if (incident.merged_into) d.relations.push_back({external_key(*incident.merged_into), "mergedInto"});
  if (incident.follows) d.relations.push_back({external_key(*incident.follows), "follows"});
  if (incident.split_from) d.relations.push_back({external_key(*incident.split_from), "splitFrom"});
  return d;
}

}  // namespace faultline::tickets
