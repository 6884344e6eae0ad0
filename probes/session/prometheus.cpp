#include "probes/session/prometheus.h"

#include "probes/session/exchange_watch.h"
#include "probes/session/metric_options.h"
#include "probes/session/prometheus_query.h"
#include "probes/session/reach.h"
#include "probes/session/shared_probe.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::array kFixedOptions = {
    OptionSpec{"interval", OptionType::duration, "60s", 1, 86'400, "",
               "time between two measurements; the values are asked for once in it"},
    OptionSpec{"timeout", OptionType::duration, "10s", 0.1, 300, "", "how long all the answers may take"},
    OptionSpec{"url", OptionType::text, "http://127.0.0.1:9090", 0, 0, "",
               "of the Prometheus, http or https, with the path before /api/v1 if there is one"},
    OptionSpec{"label", OptionType::text, "instance", 0, 0, "", "name of the label that says which endpoint"},
    OptionSpec{"match", OptionType::choice, "name", 0, 0, "name address agent index",
               "what of the endpoint the label's value is; address: its port does not count; index: the part "
               "of the agent after the slash"},
    OptionSpec{"user", OptionType::text, "", 0, 0, "", "for basic authentication"},
    OptionSpec{"password_file", OptionType::text, "", 0, 0, "", "file with the password"},
    OptionSpec{"bearer_file", OptionType::text, "", 0, 0, "", "file with a bearer token"},
    OptionSpec{"verify", OptionType::flag, "true", 0, 0, "",
               "whether a certificate that is untrusted, ended or of another name is a failure"},
    OptionSpec{"ca", OptionType::text, "", 0, 0, "",
               "absolute path of a PEM file with the authorities that are trusted; empty = the system's"},
    OptionSpec{"max_bytes", OptionType::integer, "16777216", 1024, 268'435'456, "",
               "of one answer; a longer one is not used. A series has some 200"},
};
constexpr std::array kMetrics = {Metric::optical_rx_dbm, Metric::rsrp_dbm,    Metric::sinr_db,
                                 Metric::utilisation,    Metric::traffic_bps, Metric::active_users};

class PrometheusProbe : public SharedProbe {
 public:
  PrometheusProbe(PrometheusSettings settings, Duration interval)
      : SharedProbe(interval),
        settings_(std::make_shared<PrometheusSettings>(std::move(settings))),
        last_reasons_(settings_->queries.size(), OutcomeReason::none) {}

 private:
  asio::awaitable<bool> renew(const SessionTarget& asker, Duration time_limit) override {
    ExchangeWatch watch = exchange_watch(asker);
    PrometheusReadings answer = co_await ask_prometheus(settings_, std::move(watch), time_limit);
    if (answer.is_cancelled) co_return false;
    readings_ = std::move(answer.readings);
    note_changes();
    co_return true;
  }

  void conclude(const SessionTarget& target, Round& round) override {
    const std::string key = series_key(target, settings_->key);
    const ExchangeWatch watch = exchange_watch(target);
    Verdict trouble{Outcome::not_measured, OutcomeReason::no_value};
    const auto note = [&](Outcome outcome, OutcomeReason reason) {  // the first that says more than "nothing"
      if (trouble.reason == OutcomeReason::no_value) trouble = {outcome, reason};
    };
    for (std::size_t i = 0; i < readings_.size(); ++i) {
      const PrometheusReading& reading = readings_[i];
      if (reading.outcome != Outcome::ok) {
        note(reading.outcome, reading.reason);
        continue;
      }
      const auto found = key.empty() ? reading.values.end() : reading.values.find(key);
      if (watch) watch("<", told(i, key, found));
      if (found == reading.values.end()) continue;
      const auto number = static_cast<float>(found->second.number);
      if (found->second.is_ambiguous)
        note(Outcome::not_measured, OutcomeReason::ambiguous_value);
      else if (std::isfinite(number))
        round.add(settings_->queries[i].metric, number);
    }
    give(round, round.value_count > 0 ? Verdict{Outcome::ok, OutcomeReason::none} : trouble);
  }

  // What the answer has for the endpoint, of as many series.
  std::string told(std::size_t query, const std::string& key,
                   wire::PrometheusValues::const_iterator found) const {
    const wire::PrometheusValues& values = readings_[query].values;
    std::string text =
        fmt::format("{}: {} series with a label {}; {}=\"{}\" ", name(settings_->queries[query].metric),
                    values.size(), settings_->label, settings_->label, key);
    if (found == values.end()) return text + "is not among them";
    if (found->second.is_ambiguous) return text + "has more than one value";
    return text + fmt::format("is {}", found->second.number);
  }

  // Tells when a query begins to fail and when it no longer does; takes a changed secret over.
  void note_changes() {
    bool is_denied = false;
    for (std::size_t i = 0; i < readings_.size(); ++i) {
      const PrometheusReading& reading = readings_[i];
      is_denied = is_denied || reading.is_denied;
      const OutcomeReason reason =
          reading.outcome == Outcome::malformed ? OutcomeReason::unexpected_answer : reading.reason;
      if (reason == last_reasons_[i]) continue;
      last_reasons_[i] = reason;
      const std::string_view metric = name(settings_->queries[i].metric);
      if (reason == OutcomeReason::none)
        spdlog::info("prometheus.answers url={} metric={} series={}", settings_->url, metric,
                     reading.values.size());
      else
        spdlog::warn(
            "prometheus.failed url={} metric={} reason={} detail=\"{}\" action=\"asked again; endpoints "
            "are not measured by it meanwhile\"",
            settings_->url, metric, name(reason), reading.detail);
    }
    if (!is_denied) return;
    if (auto line = authorization_of(*settings_)) settings_->authorization = std::move(*line);
  }

  std::shared_ptr<PrometheusSettings> settings_;
  std::vector<PrometheusReading> readings_;  // of the last answer, one for each query
  std::vector<OutcomeReason> last_reasons_;  // by query
};

}  // namespace

std::span<const OptionSpec> prometheus_options() {
  static const std::vector<OptionSpec> kOptions = with_metric_options(kFixedOptions, "query");
  return kOptions;
}
std::span<const Metric> prometheus_metrics() {
  return kMetrics;
}
Result<void> check_prometheus_options(const ProbeOptions& options) {
  const auto settings = prometheus_settings(options);
  if (!settings) return tl::make_unexpected(settings.error());
  return {};
}
std::unique_ptr<SessionProbe> make_prometheus_probe(const ProbeOptions& options) {
  // Only a file that vanished since comes here with an error. Then nothing is asked, and no value known.
  return std::make_unique<PrometheusProbe>(prometheus_settings(options).value_or(PrometheusSettings{}),
                                           options.duration("interval"));
}

}  // namespace faultline::session
