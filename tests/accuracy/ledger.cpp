#include "tests/accuracy/ledger.h"

#include <algorithm>

namespace faultline::accuracy {
namespace {

void insert_all(std::vector<EndpointIndex>& into, const std::vector<EndpointIndex>& other) {
  std::vector<EndpointIndex> all;
  std::set_union(into.begin(), into.end(), other.begin(), other.end(), std::back_inserter(all));
  into = std::move(all);
}

}  // namespace

const Root& Ticket::root_after(std::int64_t seconds) const {
  const Root* found = &roots.front().second;
  for (const auto& [at, root] : roots)
    if (at <= opened_s + seconds) found = &root;
  return *found;
}

void Ledger::take(const Actions& actions, std::int64_t now_s) {
  for (const Action& action : actions) {
    if (const auto* change = std::get_if<IncidentChanged>(&action.detail)) take(*change, now_s);
    if (const auto* attached = std::get_if<ComplaintAttached>(&action.detail)) {
      if (attached->incident)
        complaints_[attached->complaint_id] = *attached->incident;
      else
        complaints_.erase(attached->complaint_id);
    }
  }
}

void Ledger::take(const IncidentChanged& change, std::int64_t now_s) {
  const Incident& incident = change.incident;
  auto found = tickets_.find(incident.number);
  if (found == tickets_.end()) {
    if (change.event != IncidentEvent::opened) return;
    Ticket ticket;
    ticket.number = incident.number;
    ticket.opened_s = now_s;
    ticket.complaints_only = incident.complaint_only;
    found = tickets_.emplace(incident.number, std::move(ticket)).first;
  }
  Ticket& ticket = found->second;
  insert_all(ticket.endpoints, incident.affected);
  insert_all(ticket.endpoints, incident.bad);
  insert_all(ticket.endpoints, incident.suspected_members);
  if (ticket.roots.empty() || ticket.roots.back().second != incident.root)
    ticket.roots.emplace_back(now_s, incident.root);
  // Of what is left of it when most is well again another cause may be likely; the fault that opened it is
  // judged by what was said of it.
  const bool moved_down = incident.narrowed_at.has_value();
  if (!incident.causes.empty() && !moved_down &&
      (change.event == IncidentEvent::opened || change.event == IncidentEvent::updated ||
       change.event == IncidentEvent::rerooted)) {
    ticket.cause = incident.causes.front().cause;
    ticket.cause_probability = incident.causes.front().probability;
  }
  if (!incident.causes.empty() && incident.causes.front().cause == Cause::probe_host)
    ticket.of_probe_host = true;
  if (change.event == IncidentEvent::reopened || change.event == IncidentEvent::rerooted)
    ticket.reopened_s.push_back(now_s);
  ticket.merged = ticket.merged || change.event == IncidentEvent::merged;
  if (has_ended(incident.state) || incident.state == IncidentState::resolved) {
    if (!ticket.ended_s) ticket.ended_s = now_s;
  } else {
    ticket.ended_s.reset();
  }
}

std::vector<Ticket> Ledger::tickets() const {
  std::vector<Ticket> all;
  for (const auto& [number, ticket] : tickets_) all.push_back(ticket);
  return all;
}

std::optional<IncidentNumber> Ledger::incident_of(const std::string& complaint) const {
  const auto found = complaints_.find(complaint);
  if (found == complaints_.end()) return std::nullopt;
  return found->second;
}

}  // namespace faultline::accuracy
