// Faultline's own metrics by name: one function for each thing that is counted, so that no other file spells
// a metric's name. The application calls them where the thing happens, on the main loop.
#pragma once

#include "daemon/metrics/registry.h"
#include "rules/model/health.h"
#include "rules/model/incident.h"

#include <array>
#include <cstdint>
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
  double lag_seconds = 0;  // mean of the last second
  // How late packets were sent: by bucket of kSendLagBounds, and the sum in seconds.
  std::array<std::uint64_t, 12> send_lags{};
  double send_lag_sum = 0;
};
inline constexpr std::array<double, 11> kSendLagBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005,
                                                          0.01,   0.05,    0.1,    0.5,   1};

class DaemonMetrics {
 public:
  // `registry` must outlive it; `version` is for faultline_build_info.
  DaemonMetrics(Registry& registry, std::string_view version);

  // faultline_incidents{state,severity}: sets all, also to 0. Those not ended, and those ended of late.
  void set_incidents(std::span<const Incident* const> incidents);
  void incident_event(std::string_view event);                       // faultline_incident_events_total{event}
  void set_degradations(std::span<const Degradation> degradations);  // faultline_degradations{respect}
  void set_endpoints(const std::array<std::uint64_t, 6>& by_health_state);  // faultline_endpoints{state}
  void set_tickets(std::string_view status, double count);                  // faultline_tickets{status}
  void set_outbox(double depth, double oldest_age_seconds);  // faultline_outbox_depth, …_oldest_age_seconds
  // faultline_deliveries_total{connector,result}; result: done, retry, rejected, unknown
  void delivery(std::string_view connector, std::string_view result);
  // faultline_complaints_total{result}; result: accepted, repeated, conflict, refused
  void complaint(std::string_view result);
  // faultline_alarms_total{source,result}: of other systems; results are those of daemon/alarms/desk.h
  void alarm(std::string_view source, std::string_view result);
  void set_engine(const EngineTotals& totals);  // faultline_engine_…
  void late_reply(double rtt_seconds);          // faultline_late_rtt_seconds
  void session_overrun();                       // faultline_session_overruns_total
  // faultline_reloads_total{result}; a good one also sets faultline_config_last_good_timestamp_seconds
  void reload(bool good, double unix_seconds);
  void store_error();                       // faultline_store_errors_total
  void store_commits(std::uint64_t total);  // since the start: faultline_store_commits_total
  // faultline_config_last_good_timestamp_seconds, at the start
  void config_is_good(double unix_seconds);
  void set_loop_lag(double seconds);      // faultline_loop_lag_seconds
  void set_probe_host_healthy(bool yes);  // faultline_probe_host_healthy
  // faultline_http_requests_total{route,method,status}, faultline_http_request_seconds_total{route}
  void http_request(std::string_view route, std::string_view method, unsigned status, double seconds);
  void http_refused(std::string_view reason);  // faultline_http_refused_total{reason}

 private:
  Registry& registry_;
  std::array<std::array<Gauge, kSeverityNames.size()>, kIncidentStateNames.size()> incidents_;
  std::array<Gauge, kRespectCount> degradations_;
  std::array<Gauge, kHealthStateNames.size()> endpoints_;
  Gauge outbox_depth_, outbox_age_, engine_lag_, loop_lag_, config_time_, probe_host_healthy_;
  std::array<Counter, 8> engine_;
  EngineTotals engine_before_;
  Histogram send_lag_, late_rtt_;
  Counter session_overruns_, store_errors_, store_commits_;
  std::uint64_t store_commits_before_ = 0;
};

}  // namespace faultline::metrics
