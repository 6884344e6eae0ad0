#include "daemon/app/gauges.h"

#include <array>

namespace faultline::app {

void set_gauges(Services& services) {
  metrics::DaemonMetrics& metrics = *services.metrics;
  const auto incidents = services.pipeline->incidents();
  metrics.set_incidents(incidents);
  metrics.set_degradations(services.pipeline->degradations());
  std::array<std::uint64_t, kHealthStateNames.size()> by_state{};
  const auto endpoints = services.setup.inventory.topology->endpoints();
  for (std::uint32_t i = 0; i < endpoints.size(); ++i)
    if (!endpoints[i].retired)
      ++by_state[static_cast<std::size_t>(services.pipeline->health(EndpointIndex{i}).state)];
  metrics.set_endpoints(by_state);

  const packet::EngineStats stats = services.probing->engine_stats();
  metrics::EngineTotals totals;
  totals.packets_sent = stats.sent;
  totals.packets_received = stats.received;
  totals.packets_unsent = stats.unsent;
  totals.queue_dropped = stats.queue_drops;
  totals.stray_replies = stats.stray;
  totals.late_replies = stats.late;
  totals.rounds = stats.rounds;
  totals.rounds_not_measured = stats.rounds_not_measured;
  totals.lag_seconds = services.engine_lag_seconds;
  static_assert(std::tuple_size_v<decltype(stats.lag_counts)> ==
                std::tuple_size_v<decltype(totals.send_lags)>);
  totals.send_lags = stats.lag_counts;
  totals.send_lag_sum = static_cast<double>(stats.lag_sum_us) / 1e6;
  metrics.set_engine(totals);
  metrics.set_probe_host_healthy(services.probe_host_healthy);
  for (const auto& [status, count] : services.tickets_by_status) metrics.set_tickets(status, count);
  metrics.store_commits(services.store->counters().commits);
  metrics.set_outbox(services.outbox_depth, services.outbox_oldest_age_seconds);
}

double mean_lag_seconds(const packet::EngineStats& before, const packet::EngineStats& now) {
  if (now.sent <= before.sent) return 0;
  return static_cast<double>(now.lag_sum_us - before.lag_sum_us) / 1e6 /
         static_cast<double>(now.sent - before.sent);
}

void measure_rates(Services& services) {
  const packet::EngineStats stats = services.probing->engine_stats();
  services.packets_per_second = static_cast<double>(stats.sent - services.engine_before.sent);
  services.engine_lag_seconds = mean_lag_seconds(services.engine_before, stats);
  services.engine_before = stats;
  services.rounds_per_second = static_cast<double>(services.rounds - services.rounds_before);
  services.rounds_before = services.rounds;
}

}  // namespace faultline::app
