#include "daemon/app/services.h"

#include "rules/model/root_name.h"

#include <spdlog/spdlog.h>

#include <variant>

namespace faultline::app {
namespace {

void log(const IncidentChanged& change, const Topology& topology) {
  const Incident& incident = change.incident;
  const auto cause =
      incident.causes.empty() ? std::string_view("undetermined") : name(incident.causes.front().cause);
  // A suspicion that comes and goes is no news for the log's readers.
  const bool quiet = !incident.opened_at && !incident.merged_into;
  spdlog::log(quiet ? spdlog::level::debug : spdlog::level::info,
              "incident.{} incident=FL-{} root={} severity={} cause={} confidence={:.3f} endpoints={} "
              "complaints={} reason=\"{}\"",
              name(change.event), incident.number, root_name(incident.root, topology),
              name(incident.severity), cause, incident.confidence, incident.affected.size(),
              incident.complaints.size(), change.reason);
}

}  // namespace

void Services::carry_out(const Actions& actions) {
  if (actions.empty()) return;
  const Topology& topology = pipeline->topology();
  bookkeeper->record(actions, topology);
  for (const Action& action : actions) {
    if (const auto* burst = std::get_if<BurstRequested>(&action.detail)) probing->burst(*burst);
    const auto* degradation = std::get_if<DegradationChanged>(&action.detail);
    if (degradation != nullptr && !degradation->degradation.ended)
      probing->look_closer(degradation->degradation.endpoint);
    if (const auto* change = std::get_if<IncidentChanged>(&action.detail)) {
      log(*change, topology);
      metrics->incident_event(name(change->event));
    }
  }
}

void Services::apply_maintenance() {
  std::vector<Maintenance> windows = setup.maintenance;
  const Topology& topology = *setup.inventory.topology;
  for (const store::StoredMaintenance& stored : api_maintenance) {
    Maintenance window{stored.id,    topology.find_node(stored.target),
                       std::nullopt, stored.begins,
                       stored.ends,  stored.reason};
    if (!window.node) window.endpoint = topology.find_endpoint(stored.target);
    if (window.node || window.endpoint) windows.push_back(std::move(window));
  }
  pipeline->set_maintenance(std::move(windows));
}

}  // namespace faultline::app
