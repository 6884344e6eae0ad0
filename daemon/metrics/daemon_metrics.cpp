#include "daemon/metrics/daemon_metrics.h"

namespace faultline::metrics {
namespace {

struct EngineCounter {
  const char* name;
  const char* help;
  std::uint64_t EngineTotals::*total;
};
constexpr std::array<EngineCounter, 8> kEngineCounters = {{
    {"faultline_engine_packets_sent_total", "Probe packets handed to the kernel.",
     &EngineTotals::packets_sent},
    {"faultline_engine_packets_received_total", "Replies matched to a packet in flight.",
     &EngineTotals::packets_received},
    {"faultline_engine_packets_unsent_total", "Probe packets that were due but could not be sent.",
     &EngineTotals::packets_unsent},
    {"faultline_engine_queue_dropped_total", "Replies dropped by the own socket buffers.",
     &EngineTotals::queue_dropped},
    {"faultline_engine_stray_replies_total",
     "Replies that match no packet in flight: forged, stray or very late.", &EngineTotals::stray_replies},
    {"faultline_engine_late_replies_total", "Replies after the time-out.", &EngineTotals::late_replies},
    {"faultline_engine_rounds_total", "Rounds finished.", &EngineTotals::rounds},
    {"faultline_engine_rounds_not_measured_total",
     "Rounds that say nothing, through the probe host's own fault.", &EngineTotals::rounds_not_measured},
}};

// What a total has grown by; it is smaller than before after a new engine's start.
double grown(std::uint64_t before, std::uint64_t now) {
  return static_cast<double>(now >= before ? now - before : now);
}

constexpr const char* kComplaints = "faultline_complaints_total";
constexpr const char* kComplaintsHelp = "Complaints handed in, by what became of them.";
constexpr const char* kReloads = "faultline_reloads_total";
constexpr const char* kReloadsHelp = "Attempts to read the configuration anew.";

}  // namespace

DaemonMetrics::DaemonMetrics(Registry& registry, std::string_view version) : registry_(registry) {
  registry
      .gauge("faultline_build_info", "Always 1; the version is the label.",
             {{"version", std::string(version)}})
      .set(1);
  for (std::size_t state = 0; state < incidents_.size(); ++state)
    for (std::size_t severity = 0; severity < kSeverityNames.size(); ++severity)
      incidents_[state][severity] = registry.gauge("faultline_incidents", "Incidents by state and severity.",
                                                   {{"state", std::string(kIncidentStateNames[state])},
                                                    {"severity", std::string(kSeverityNames[severity])}});
  for (std::size_t i = 0; i < kRespectCount; ++i)
    degradations_[i] = registry.gauge("faultline_degradations", "Degradations that are on.",
                                      {{"respect", std::string(kRespectNames[i])}});
  for (std::size_t i = 0; i < kHealthStateNames.size(); ++i)
    endpoints_[i] = registry.gauge("faultline_endpoints", "Endpoints by health.",
                                   {{"state", std::string(kHealthStateNames[i])}});
  for (std::size_t i = 0; i < kEngineCounters.size(); ++i)
    engine_[i] = registry.counter(kEngineCounters[i].name, kEngineCounters[i].help);
  outbox_depth_ = registry.gauge("faultline_outbox_depth", "Messages to ticket systems not yet delivered.");
  outbox_age_ =
      registry.gauge("faultline_outbox_oldest_age_seconds", "Age of the oldest undelivered message.");
  engine_lag_ = registry.gauge("faultline_engine_lag_seconds",
                               "How late the packet engine sends, mean of the last second.");
  send_lag_ = registry.histogram("faultline_engine_send_lag_seconds", "How late each probe packet was sent.",
                                 {kSendLagBounds.begin(), kSendLagBounds.end()});
  late_rtt_ = registry.histogram("faultline_late_rtt_seconds",
                                 "Round-trip times of the answers that came after their time-out.",
                                 {0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60});
  loop_lag_ = registry.gauge("faultline_loop_lag_seconds",
                             "How late the main loop's timer of one second fired last.");
  config_time_ = registry.gauge("faultline_config_last_good_timestamp_seconds",
                                "When the configuration in use was read, Unix time.");
  probe_host_healthy_ = registry.gauge("faultline_probe_host_healthy",
                                       "1 if the probe host reaches its own references, else 0.");
  probe_host_healthy_.set(1);
  session_overruns_ = registry.counter("faultline_session_overruns_total",
                                       "Session probes skipped because the one before was still running.");
  store_errors_ = registry.counter("faultline_store_errors_total", "Errors of the database.");
  store_commits_ = registry.counter("faultline_store_commits_total", "Commits of the database.");
  for (const char* result : {"accepted", "repeated", "conflict", "refused"})
    registry.counter(kComplaints, kComplaintsHelp, {{"result", result}});
  for (const char* result : {"good", "bad"}) registry.counter(kReloads, kReloadsHelp, {{"result", result}});
}

void DaemonMetrics::set_incidents(std::span<const Incident* const> incidents) {
  std::array<std::array<double, kSeverityNames.size()>, kIncidentStateNames.size()> counts{};
  for (const Incident* incident : incidents)
    ++counts[static_cast<std::size_t>(incident->state)][static_cast<std::size_t>(incident->severity)];
  for (std::size_t state = 0; state < counts.size(); ++state)
    for (std::size_t severity = 0; severity < kSeverityNames.size(); ++severity)
      incidents_[state][severity].set(counts[state][severity]);
}

void DaemonMetrics::incident_event(std::string_view event) {
  registry_
      .counter("faultline_incident_events_total", "Changes of incidents' state.",
               {{"event", std::string(event)}})
      .add();
}

void DaemonMetrics::set_degradations(std::span<const Degradation> degradations) {
  std::array<double, kRespectCount> counts{};
  for (const Degradation& degradation : degradations)
    if (!degradation.ended) ++counts[static_cast<std::size_t>(degradation.respect)];
  for (std::size_t i = 0; i < kRespectCount; ++i) degradations_[i].set(counts[i]);
}

void DaemonMetrics::set_endpoints(const std::array<std::uint64_t, 6>& by_health_state) {
  for (std::size_t i = 0; i < by_health_state.size(); ++i)
    endpoints_[i].set(static_cast<double>(by_health_state[i]));
}

void DaemonMetrics::set_tickets(std::string_view status, double count) {
  registry_.gauge("faultline_tickets", "Tickets in the book by status.", {{"status", std::string(status)}})
      .set(count);
}

void DaemonMetrics::set_outbox(double depth, double oldest_age_seconds) {
  outbox_depth_.set(depth);
  outbox_age_.set(oldest_age_seconds);
}

void DaemonMetrics::delivery(std::string_view connector, std::string_view result) {
  registry_
      .counter("faultline_deliveries_total", "Attempts to deliver to a ticket system, by answer.",
               {{"connector", std::string(connector)}, {"result", std::string(result)}})
      .add();
}

void DaemonMetrics::complaint(std::string_view result) {
  registry_.counter(kComplaints, kComplaintsHelp, {{"result", std::string(result)}}).add();
}

void DaemonMetrics::alarm(std::string_view source, std::string_view result) {
  registry_
      .counter("faultline_alarms_total", "Alarms of other systems, by what became of them.",
               {{"source", std::string(source)}, {"result", std::string(result)}})
      .add();
}

void DaemonMetrics::set_engine(const EngineTotals& totals) {
  for (std::size_t i = 0; i < kEngineCounters.size(); ++i) {
    const auto total = kEngineCounters[i].total;
    engine_[i].add(grown(engine_before_.*total, totals.*total));
  }
  std::vector<double> lags;
  for (std::size_t i = 0; i < totals.send_lags.size(); ++i)
    lags.push_back(grown(engine_before_.send_lags[i], totals.send_lags[i]));
  const bool is_same_engine = totals.send_lag_sum >= engine_before_.send_lag_sum;
  send_lag_.add(lags, totals.send_lag_sum - (is_same_engine ? engine_before_.send_lag_sum : 0));
  engine_before_ = totals;
  engine_lag_.set(totals.lag_seconds);
}

void DaemonMetrics::late_reply(double rtt_seconds) {
  late_rtt_.observe(rtt_seconds);
}

void DaemonMetrics::session_overrun() {
  session_overruns_.add();
}

void DaemonMetrics::reload(bool good, double unix_seconds) {
  registry_.counter(kReloads, kReloadsHelp, {{"result", good ? "good" : "bad"}}).add();
  if (good) config_time_.set(unix_seconds);
}

void DaemonMetrics::store_error() {
  store_errors_.add();
}

void DaemonMetrics::store_commits(std::uint64_t total) {
  store_commits_.add(static_cast<double>(total - store_commits_before_));
  store_commits_before_ = total;
}

void DaemonMetrics::config_is_good(double unix_seconds) {
  config_time_.set(unix_seconds);
}

void DaemonMetrics::set_loop_lag(double seconds) {
  loop_lag_.set(seconds);
}

void DaemonMetrics::set_probe_host_healthy(bool yes) {
  probe_host_healthy_.set(yes ? 1 : 0);
}

void DaemonMetrics::http_request(std::string_view route, std::string_view method, unsigned status,
                                 double seconds) {
  const std::string label(route.empty() ? "none" : route);
  registry_
      .counter("faultline_http_requests_total", "HTTP requests answered.",
               {{"route", label}, {"method", std::string(method)}, {"status", std::to_string(status)}})
      .add();
  registry_
      .counter("faultline_http_request_seconds_total", "Time from a request's head to the end of its answer.",
               {{"route", label}})
      .add(seconds);
}

void DaemonMetrics::http_refused(std::string_view reason) {
  registry_
      .counter("faultline_http_refused_total",
               "Connections and requests turned away before they were served.",
               {{"reason", std::string(reason)}})
      .add();
}

}  // namespace faultline::metrics
