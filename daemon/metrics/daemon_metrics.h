// Faultline's own metrics by name: one member for each thing that is counted, so that no other file spells a
// metric's name. The application calls these where the thing happens, on the main loop.
#pragma once

#include "daemon/metrics/registry.h"
#include "rules/model/health.h"
#include "rules/model/incident.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace faultline::metrics {

// Totals of the packet engine since the start, and its lag now.
struct EngineTotals {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_unsent = 0;  // due, but the kernel did not take them
  std::uint64_t queue_dropped = 0;   // by the own socket buffers
  std::uint64_t stray_replies = 0;   // that match no packet in flight
  std::uint64_t late_replies = 0;
  std::uint64_t rounds = 0;
  std::uint64_t rounds_not_measured = 0;
  double lag_seconds = 0;  // largest of late
};

class DaemonMetrics {
 public:
  // `version` for faultline_build_info.
  DaemonMetrics(Registry& registry, std::string_view version);

  // faultline_incidents{state,severity}: sets all, also to 0. Those not ended, and those ended of late.
  void set_incidents(std::span<const Incident* const> incidents);
  void incident_event(std::string_view event);  // faultline_incident_events_total{event}
  // faultline_degradations{respect}
  void set_degradations(std::span<const Degradation> degradations);
  // faultline_endpoints{state}
  void set_endpoints(const std::array<std::uint64_t, 6>& by_health_state);
  void set_tickets(std::string_view status, double count);   // faultline_tickets{status}
  void set_outbox(double depth, double oldest_age_seconds);  // faultline_outbox_depth, _oldest_age_seconds
  void delivery(std::string_view connector, std::string_view result);  // faultline_deliveries_total
  void complaint(
      std::string_view result);  // faultline_complaints_total{result}: accepted, duplicate, rejected
  void set_engine(const EngineTotals& totals);
  void session_overrun();                     // faultline_session_overruns_total
  void reload(bool good);                     // faultline_reloads_total{result}
  void set_config_time(double unix_seconds);  // faultline_config_last_reload_success_timestamp_seconds
  void store_error();                         // faultline_store_errors_total
  void store_commit(double seconds);          // faultline_store_commits_total, _commit_seconds_total
  void set_loop_lag(double seconds);          // faultline_loop_lag_seconds
  void set_probe_host_healthy(bool yes);      // faultline_probe_host_healthy
  void http_request(std::string_view route, std::string_view method, unsigned status, double seconds);
  void http_refused(std::string_view reason);  // faultline_http_refused_total{reason}

 private:
  // The series of a family by its one label, made when first used.
  using ByLabel = std::map<std::string, Counter, std::less<>>;
  void count(ByLabel& family, const char* name, const char* help, const char* label, std::string_view value,
             double amount = 1);

  Registry& registry_;
  std::array<std::array<Gauge, 4>, 7> incidents_;
  std::array<Gauge, kRespectCount> degradations_;
  std::array<Gauge, 6> endpoints_;
  std::map<std::string, Gauge, std::less<>> tickets_;
  Gauge outbox_depth_, outbox_age_, engine_lag_, loop_lag_, config_time_, probe_host_healthy_;
  std::array<Counter, 8> engine_;
  EngineTotals engine_before_;
  Counter session_overruns_, store_errors_, store_commits_, store_commit_seconds_;
  ByLabel incident_events_, complaints_, reloads_, http_refused_;
};

}  // namespace faultline::metrics
