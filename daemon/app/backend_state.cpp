// The API's backend: what is in memory. Status, endpoints, degradations, maintenance, history, reload.
#include "daemon/app/backend.h"
#include "daemon/app/version.h"
#include "probes/async/clock.h"
#include "probes/registry.h"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace faultline::app {

std::string cursor_after(std::size_t offset, std::size_t items, std::size_t limit) {
  return items < limit ? std::string() : std::to_string(offset + items);
}

http::DaemonStatus Backend::status() {
  http::DaemonStatus status;
  status.version = kVersion;
  status.now = wall_now();
  status.started = services_.started;
  status.packets_per_second = services_.packets_per_second;
  status.rounds_per_second = services_.rounds_per_second;
  const auto endpoints = services_.setup.inventory.topology->endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].retired) continue;
    ++status.endpoints;
    const HealthState state = services_.pipeline->health(EndpointIndex{i}).state;
    if (state == HealthState::bad || state == HealthState::flapping) ++status.endpoints_bad;
    if (state == HealthState::unknown) ++status.endpoints_unknown;
  }
  while (!services_.complaints.empty() && services_.complaints.front() < status.now - std::chrono::hours(24))
    services_.complaints.pop_front();
  status.complaints_last_day = services_.complaints.size();
  if (services_.rounds == 0 && status.endpoints > 0)
    status.not_ready.emplace_back("no round has been measured yet");
  if (!services_.probing->probe_host_healthy(status.now))
    status.not_ready.emplace_back("the probe host cannot reach its own reference targets");
  // Baselines are saved every second, so this is known, and known to be over, within about a second.
  if (!services_.store->counters().last_error.empty())
    status.not_ready.emplace_back(
        "the database cannot be written (the log says why); complaints are not taken");
  return status;
}

std::shared_ptr<const Topology> Backend::topology() {
  return services_.setup.inventory.topology;
}

EndpointHealth Backend::health(EndpointIndex endpoint) {
  return services_.pipeline->health(endpoint);
}

http::EndpointDetails Backend::details(EndpointIndex endpoint) {
  http::EndpointDetails details;
  const auto& access = services_.setup.inventory.access[endpoint.value];
  details.address = access.address;
  details.device = access.device;
  details.profile = services_.setup.config.profiles[topology()->endpoint(endpoint).profile].name;
  for (const ProbeKind& kind : probe_kinds())
    if (const Round* round = services_.latest.find(endpoint, index_of(kind)))
      details.rounds.push_back({std::string(kind.name), *round});
  return details;
}

std::string_view Backend::probe_name(ProbeKindIndex probe) {
  const auto kinds = probe_kinds();
  return probe < kinds.size() ? kinds[probe].name : std::string_view("unknown");
}

void Backend::outlook(http::Reply<Result<std::shared_ptr<const foresee::Outlook>>> reply) {
  foresight_.outlook(std::move(reply));
}

void Backend::usage(std::vector<NodeIndex> areas,
                    http::Reply<Result<std::vector<foresee::AreaUsage>>> reply) {
  foresight_.usage(std::move(areas), std::move(reply));
}

std::vector<Degradation> Backend::degradations() {
  return services_.pipeline->degradations();
}

void Backend::history(http::HistoryQuery query, http::Reply<Result<std::vector<http::HistoryPoint>>> reply) {
  if (!services_.history)
    return reply(fail("history is switched off (history: {enabled: true} in the configuration)"));
  // Fine for as long as it is kept fine.
  const bool fine = query.from >= wall_now() - std::chrono::days(8);
  services_.history->query(
      topology()->endpoint(query.endpoint).name, query.metric,
      fine ? store::Resolution::ten_minutes : store::Resolution::hour, query.from, query.to,
      [reply = std::move(reply), fine](Result<std::vector<store::HistoryPoint>> points) {
        if (!points) return reply(tl::make_unexpected(points.error()));
        std::vector<http::HistoryPoint> shown;
        for (const store::HistoryPoint& point : *points)
          shown.push_back({point.begins,
                           fine ? Duration(std::chrono::minutes(10)) : Duration(std::chrono::hours(1)),
                           point.count, point.minimum, point.mean, point.maximum});
        reply(std::move(shown));
      });
}

std::vector<http::MaintenanceView> Backend::maintenance() {
  std::vector<http::MaintenanceView> views;
  for (const Maintenance& window : services_.setup.maintenance)
    views.push_back(
        {window.id,
         window.node ? topology()->node(*window.node).name : topology()->endpoint(*window.endpoint).name,
         window.begins, window.ends, window.reason, true});
  for (const store::StoredMaintenance& window : services_.api_maintenance)
    views.push_back({window.id, window.target, window.begins, window.ends, window.reason, false});
  return views;
}

void Backend::add_maintenance(http::MaintenanceView window, const http::Principal& by,
                              http::Reply<Result<http::MaintenanceView>> reply) {
  if (!topology()->find_node(window.target) && !topology()->find_endpoint(window.target))
    return reply(fail(fmt::format("target: no node or endpoint is called \"{}\"", window.target)));
  for (const Maintenance& known : services_.setup.maintenance)
    if (known.id == window.id)
      return reply(fail(fmt::format("id: \"{}\" is taken by maintenance.csv", window.id)));
  if (window.id.empty())
    window.id =
        fmt::format("mw-{:016x}", std::random_device{}() * 0x1'0000'0001ULL ^
                                      static_cast<std::uint64_t>(wall_now().time_since_epoch().count()));
  const store::StoredMaintenance stored{window.id,   window.target, window.begins,
                                        window.ends, window.reason, by.name};
  services_.store->write(
      [stored](store::Database& db) { return store::save_maintenance(db, stored); },
      [this, stored, window, reply = std::move(reply)](Result<void> result) {
        if (!result) return reply(tl::make_unexpected(result.error()));
        std::erase_if(services_.api_maintenance, [&](const auto& known) { return known.id == stored.id; });
        services_.api_maintenance.push_back(stored);
        services_.apply_maintenance();
        services_.bookkeeper->record_event(wall_now(), "maintenance.added", stored.target, stored.reason);
        reply(window);
      });
}

void Backend::remove_maintenance(std::string id, const http::Principal& by, http::Reply<Result<bool>> reply) {
  for (const Maintenance& window : services_.setup.maintenance)
    if (window.id == id) return reply(fail("it is in maintenance.csv: remove it there and reload"));
  auto removed = std::make_shared<bool>(false);
  services_.store->write(
      [id, removed](store::Database& db) -> Result<void> {
        const auto result = store::remove_maintenance(db, id);
        if (!result) return tl::make_unexpected(result.error());
        *removed = *result;
        return {};
      },
      [this, id, removed, who = by.name, reply = std::move(reply)](Result<void> result) {
        if (!result) return reply(tl::make_unexpected(result.error()));
        std::erase_if(services_.api_maintenance, [&](const auto& window) { return window.id == id; });
        services_.apply_maintenance();
        if (*removed) services_.bookkeeper->record_event(wall_now(), "maintenance.removed", id, "by " + who);
        reply(*removed);
      });
}

void Backend::reload(const http::Principal&, http::Reply<Result<std::string>> reply) {
  reload_(std::move(reply));
}

}  // namespace faultline::app
