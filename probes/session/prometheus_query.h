// What a Prometheus is asked for, and one round of questions: a query for each metric, whose answer has the
// values of all endpoints at once. Trouble of the Prometheus says nothing about them: it is not_measured or
// malformed with a reason. Used by the prometheus probe.
#pragma once

#include "probes/option.h"
#include "probes/session/exchange_watch.h"
#include "probes/session/http_target.h"
#include "probes/session/session_probe.h"
#include "probes/wire/prometheus.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::session {

// What of an endpoint the label's value is.
enum class SeriesKey : std::uint8_t { name, address, agent, index };

struct PrometheusQuery {
  Metric metric = Metric::rtt_ms;
  std::string text;  // PromQL
};

// The options of a probe, read.
struct PrometheusSettings {
  std::string url;
  HttpTarget to;  // of the URL; its path ends with a slash
  std::string label;
  SeriesKey key = SeriesKey::name;
  std::vector<PrometheusQuery> queries;  // at least one, at most kMetricsPerRound
  std::string user, password_file, bearer_file;
  std::string authorization;  // header line of those, with its end; empty: none
  bool verify = true;
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::size_t most_bytes = 0;  // of one answer
};
// The error's message begins with the option's name and a colon.
Result<PrometheusSettings> prometheus_settings(const ProbeOptions& options);
// The header line anew from its file, which may hold another secret by now.
Result<std::string> authorization_of(const PrometheusSettings& settings);

// What became of one query.
struct PrometheusReading {
  Outcome outcome = Outcome::not_measured;
  OutcomeReason reason = OutcomeReason::none;
  std::string detail;             // what was said of a failure, for the log; printable
  bool is_denied = false;         // the credentials were not good enough
  wire::PrometheusValues values;  // by SeriesKey; of outcome ok only
};
struct PrometheusReadings {
  bool is_cancelled = false;                // nothing else is of any use then
  std::vector<PrometheusReading> readings;  // one for each query
};
// All queries, one after the other, told to `watch`. When the Prometheus cannot be talked with, the rest is
// not asked.
boost::asio::awaitable<PrometheusReadings> ask_prometheus(std::shared_ptr<const PrometheusSettings> settings,
                                                          ExchangeWatch watch, Duration time_limit);

// What the endpoint is called in the answers; empty if it has no such name.
std::string series_key(const SessionTarget& target, SeriesKey key);
// "10.0.0.1:9100" and "[2001:db8::1]:9100" without the port and brackets; anything else as it is.
std::string_view without_port(std::string_view instance);

}  // namespace faultline::session
