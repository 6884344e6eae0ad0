#include "probes/session/prometheus_query.h"

#include "probes/session/http_answer.h"
#include "probes/session/http_exchange.h"
#include "probes/session/http_listener.h"
#include "probes/session/metric_options.h"
#include "probes/session/reach.h"
#include "probes/session/secret_file.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::array<std::string_view, 4> kKeyNames = {"name", "address", "agent", "index"};

bool is_label_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::string in_base64(const std::string& text) {
  std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');  // with the terminating zero that it writes
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

Result<HttpTarget> read_url(const std::string& url) {
  auto to = parse_http_target(url, "", 0);
  if (!to || url.find('{') != std::string::npos || url.find('?') != std::string::npos)
    return fail(fmt::format("url: \"{}\" is not http://HOST[:PORT] or https://HOST[:PORT]/PATH", url));
  if (!to->path.ends_with('/')) to->path += '/';
  return to;
}

// So that two series of one host, told apart by the port only, are seen to be two.
wire::PrometheusValues by_host(const wire::PrometheusValues& values) {
  wire::PrometheusValues hosts;
  for (const auto& [instance, value] : values) {
    const auto [place, is_new] = hosts.try_emplace(std::string(without_port(instance)), value);
    if (!is_new) place->second.is_ambiguous = true;
  }
  return hosts;
}

PrometheusReading failed(Outcome outcome, OutcomeReason reason, std::string detail) {
  PrometheusReading reading;
  reading.outcome = outcome;
  reading.reason = reason;
  reading.detail = std::move(detail);
  return reading;
}

// An exchange that came to no whole answer.
PrometheusReading unanswered(const HttpCourse& course, const HttpAnswer& answer) {
  const Verdict verdict = verdict_of(course, answer);
  if (verdict.outcome == Outcome::malformed) return failed(Outcome::malformed, verdict.reason, "no HTTP");
  if (verdict.outcome == Outcome::timed_out)
    return failed(Outcome::not_measured, OutcomeReason::source_silent, "no whole answer in time");
  return failed(Outcome::not_measured, verdict.reason,
                course.attempt.error ? course.attempt.error.message() : "");
}

PrometheusReading read_answer(const HttpAnswer& answer, const PrometheusSettings& settings) {
  using Kind = wire::PrometheusAnswer::Kind;
  if (answer.body().size() > settings.most_bytes)
    return failed(Outcome::not_measured, OutcomeReason::answer_too_large,
                  fmt::format("longer than max_bytes, {}; ask for fewer series", settings.most_bytes));
  wire::PrometheusAnswer decoded = wire::decode_prometheus_answer(answer.body(), settings.label);
  const bool is_good_status = answer.status() >= 200 && answer.status() <= 299;
  if (!is_good_status || decoded.kind == Kind::refused) {
    PrometheusReading reading = failed(Outcome::not_measured, OutcomeReason::error_answer,
                                       fmt::format("HTTP {} {}", answer.status(), decoded.error));
    reading.is_denied = answer.status() == 401 || answer.status() == 403;
    return reading;
  }
  if (decoded.kind == Kind::other)
    return failed(Outcome::not_measured, OutcomeReason::unexpected_answer,
                  "the query gives no vector of series");
  if (decoded.kind == Kind::malformed)
    return failed(Outcome::malformed, OutcomeReason::none, "no answer of a Prometheus");
  PrometheusReading reading;
  reading.outcome = Outcome::ok;
  reading.values = settings.key == SeriesKey::address ? by_host(decoded.values) : std::move(decoded.values);
  if (reading.values.empty())
    return failed(Outcome::not_measured, OutcomeReason::no_value,
                  decoded.unlabelled > 0
                      ? fmt::format("none of {} series has the label {}", decoded.unlabelled, settings.label)
                      : "there is no series");
  return reading;
}

// Whether the next query has a chance.
bool was_answered(const HttpCourse& course, const HttpAnswer& answer) {
  return answer.state() == HttpAnswer::State::whole && !course.is_expired;
}

}  // namespace

Result<std::string> authorization_of(const PrometheusSettings& settings) {
  const bool is_basic = !settings.password_file.empty();
  const std::string& path = is_basic ? settings.password_file : settings.bearer_file;
  if (path.empty()) return std::string();
  const std::string_view option = is_basic ? "password_file" : "bearer_file";
  const auto secret = read_secret(path);
  if (!secret) return fail(fmt::format("{}: {}", option, secret.error().message));
  if (is_basic) return fmt::format("Authorization: Basic {}\r\n", in_base64(settings.user + ':' + *secret));
  if (!is_visible(*secret)) return fail(fmt::format("{}: {} holds no token on one line", option, path));
  return fmt::format("Authorization: Bearer {}\r\n", *secret);
}

Result<PrometheusSettings> prometheus_settings(const ProbeOptions& options) {
  PrometheusSettings settings;
  settings.url = options.text("url");
  auto to = read_url(settings.url);
  if (!to) return tl::make_unexpected(to.error());
  settings.to = std::move(*to);
  settings.label = options.text("label");
  if (!is_label_name(settings.label))
    return fail(fmt::format("label: \"{}\" is no name of a label", settings.label));
  const auto key = std::find(kKeyNames.begin(), kKeyNames.end(), options.text("match"));
  settings.key = static_cast<SeriesKey>(key - kKeyNames.begin());
  auto queries = given_metrics(
      options,
      "no query is given; name a metric and its PromQL, such as optical_rx_dbm: avg by (instance) (…)");
  if (!queries) return tl::make_unexpected(queries.error());
  for (auto& [metric, text] : *queries) settings.queries.push_back({metric, std::move(text)});
  settings.user = options.text("user");
  settings.password_file = options.text("password_file");
  settings.bearer_file = options.text("bearer_file");
  if (settings.user.empty() != settings.password_file.empty())
    return fail(settings.user.empty() ? "password_file: needs user too" : "user: needs password_file too");
  if (!settings.user.empty() && !settings.bearer_file.empty())
    return fail("bearer_file: there is a user too; give one of them");
  auto line = authorization_of(settings);
  if (!line) return tl::make_unexpected(line.error());
  settings.authorization = std::move(*line);
  settings.verify = options.flag("verify");
  if (const auto good = check_authorities(options.text("ca")); !good)
    return tl::make_unexpected(good.error());
  settings.tls = tls_for(settings.url, options.text("ca"));
  settings.most_bytes = static_cast<std::size_t>(options.integer("max_bytes"));
  return settings;
}

asio::awaitable<PrometheusReadings> ask_prometheus(std::shared_ptr<const PrometheusSettings> settings,
                                                   ExchangeWatch watch, Duration time_limit) {
  PrometheusReadings all;
  co_await asio::this_coro::throw_if_cancelled(false);
  const Stopwatch total;
  for (const PrometheusQuery& query : settings->queries) {
    HttpAnswer answer(false, settings->most_bytes + 1);
    HttpRequest request;
    request.to = settings->to;
    const Duration left = total.left_of(time_limit);
    request.to.path += fmt::format(
        "api/v1/query?query={}&timeout={}ms", wire::percent_encoded(query.text),
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(left).count()));
    request.method = "GET";
    request.header = settings->authorization;
    request.verify = settings->verify;
    request.tls = settings->tls;
    HttpListener listener(watch);
    request.listener = &listener;
    const HttpCourse course = co_await exchange(std::move(request), answer, left);
    listener.ended();
    all.is_cancelled = course.is_cancelled;
    if (all.is_cancelled) co_return all;
    const bool is_whole = answer.state() == HttpAnswer::State::whole;
    all.readings.push_back(is_whole ? read_answer(answer, *settings) : unanswered(course, answer));
    if (was_answered(course, answer)) continue;
    const PrometheusReading last = all.readings.back();
    all.readings.resize(settings->queries.size(), last);
    break;
  }
  co_return all;
}

std::string series_key(const SessionTarget& target, SeriesKey key) {
  switch (key) {
    case SeriesKey::name:
      return target.name;
    case SeriesKey::address:
      return target.address;
    case SeriesKey::agent:
      return target.agent;
    case SeriesKey::index:
      break;
  }
  const std::size_t slash = target.agent.find('/');
  return slash == std::string::npos ? std::string() : target.agent.substr(slash + 1);
}

std::string_view without_port(std::string_view instance) {
  const std::size_t bracket = instance.find(']');
  if (instance.starts_with('[') && bracket != std::string_view::npos) return instance.substr(1, bracket - 1);
  const std::size_t colon = instance.find(':');
  const std::string_view port = colon == std::string_view::npos ? "" : instance.substr(colon + 1);
  const bool is_port =
      !port.empty() && std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_port ? instance.substr(0, colon) : instance;
}

}  // namespace faultline::session
