#include "daemon/app/restore.h"

#include "daemon/store/events.h"
#include "daemon/store/incidents.h"
#include "daemon/tickets/book.h"
#include "daemon/tickets/ticket.h"
#include "probes/async/clock.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace faultline::app {
namespace {

// Incidents of nodes and endpoints that left the inventory: nothing can be said of them any more.
Result<void> close_lost(Services& services, const std::vector<IncidentNumber>& lost, Timestamp now) {
  if (lost.empty()) return {};
  return services.store->write_now([&](store::Database& db) -> Result<void> {
    for (const IncidentNumber number : lost) {
      const auto record = store::find_incident(db, number);
      if (!record) return tl::make_unexpected(record.error());
      if (!*record) continue;
      auto restored = store::from_document((*record)->document, *services.setup.inventory.topology);
      if (!restored) return tl::make_unexpected(restored.error());
      Incident& incident = restored->incident;
      incident.state = IncidentState::closed;
      incident.closed_at = now;
      ++incident.revision;
      const std::string reason = "its place is no longer in the inventory";
      auto closed = store::to_record(incident, *services.setup.inventory.topology, now);
      closed.root = (*record)->root;
      if (auto saved = store::save_incident(db, closed); !saved) return tl::make_unexpected(saved.error());
      const auto draft =
          tickets::draft(incident, *services.setup.inventory.topology, IncidentEvent::closed, reason, now);
      if (auto told = tickets::tell(db, draft, {}); !told) return tl::make_unexpected(told.error());
      store::Event event;
      event.at = now;
      event.kind = "incident.closed";
      event.incident = number;
      event.subject = (*record)->root;
      event.reason = reason;
      if (auto logged = store::append_event(db, event); !logged) return tl::make_unexpected(logged.error());
    }
    return {};
  });
}

}  // namespace

Result<void> restore(Services& services) {
  const auto topology = services.setup.inventory.topology;
  const Timestamp now = wall_now();
  auto state =
      services.store->query_now([&](store::Database& db) { return store::load_state(db, *topology, now); });
  if (!state) return tl::make_unexpected(state.error());
  auto windows = services.store->query_now([](store::Database& db) { return store::list_maintenance(db); });
  if (!windows) return tl::make_unexpected(windows.error());
  services.api_maintenance = std::move(*windows);
  services.pipeline.emplace(topology, services.setup.rules);
  if (state->dropped_incidents + state->dropped_degradations + state->dropped_names > 0)
    spdlog::warn("state.dropped incidents={} degradations={} names={} reason=\"no longer in the inventory\"",
                 state->dropped_incidents, state->dropped_degradations, state->dropped_names);
  spdlog::info("state.restored incidents={} degradations={} complaints={} baselines={}",
               state->pipeline.incidents.size(), state->pipeline.degradations.size(),
               state->pipeline.complaints.size(), state->baselines.size());
  if (auto closed = close_lost(services, state->lost, now); !closed) return closed;
  for (const Complaint& complaint : state->pipeline.complaints)
    services.complaints.push_back(complaint.received);
  std::sort(services.complaints.begin(), services.complaints.end());
  services.pipeline->restore(std::move(state->pipeline));
  for (const auto& [endpoint, block] : state->baselines) services.pipeline->restore_baseline(endpoint, block);
  services.pipeline->restore_usual_complaints(state->usual_complaints);
  services.apply_maintenance();
  return {};
}

}  // namespace faultline::app
