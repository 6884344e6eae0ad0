// An incident that the tickets' tests speak about: a cut at agg-7 with its cells, and its changes over time.
#pragma once

#include "daemon/tickets/ticket.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"
#include "tests/unit/daemon_store/support.h"

#include <chrono>
#include <string>
#include <utility>

namespace faultline::tickets {

inline constexpr Timestamp kStart = store::kNoon;

inline Incident sample_incident(const Topology& topology, IncidentState state = IncidentState::open) {
  Incident incident;
  incident.number = 7;
  incident.revision = 1;
  incident.state = state;
  incident.root = *topology.find_node("agg-7");
  incident.severity = Severity::major;
  incident.confidence = 0.97;
  incident.onset = kStart;
  incident.suspected_at = kStart;
  incident.opened_at = kStart + std::chrono::seconds(20);
  for (std::uint32_t i = 0; i < topology.endpoints().size(); ++i) {
    incident.affected.push_back({i});
    if (i % 2 == 0) incident.bad.push_back({i});
  }
  incident.customers = 21'400;
  incident.complaints = {"c-1", "c-2"};
  incident.causes = {
      {Cause::transport, 0.874, {"all below agg-7 went at once", "power is up", "no alarm", "4th"}},
      {Cause::power, 0.08, {}}};
  incident.evidence = {{"12 of 15 packets lost since 10:02:11", 5}};
  incident.alternatives = {{"core-1: cell-9 below it is healthy", -3}};
  return incident;
}

struct Change {
  IncidentState state;
  IncidentEvent event;
  std::string reason;
  int seconds;  // after the start
};

inline TicketDraft sample_draft(const Topology& topology, const Change& change) {
  const Incident incident = sample_incident(topology, change.state);
  return draft(incident, topology, change.event, change.reason,
               kStart + std::chrono::seconds(change.seconds));
}

inline const Change kOpened{IncidentState::open, IncidentEvent::opened, "the burst confirmed it", 20};
inline const Change kUpdated{IncidentState::open, IncidentEvent::updated, "3 more endpoints", 40};
inline const Change kRecovering{IncidentState::recovering, IncidentEvent::recovering, "all answer again", 60};
inline const Change kRelapsed{IncidentState::open, IncidentEvent::relapsed, "5 are bad again", 70};
inline const Change kResolved{IncidentState::resolved, IncidentEvent::resolved, "healthy for 5 min", 400};
inline const Change kReopened{IncidentState::open, IncidentEvent::reopened, "bad again at the same node",
                              600};
inline const Change kClosed{IncidentState::closed, IncidentEvent::closed, "quiet for 24 h", 90'000};
inline const Change kMerged{IncidentState::merged, IncidentEvent::merged, "same fault as FL-3", 100};

}  // namespace faultline::tickets
