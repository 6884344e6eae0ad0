#include "probes/session/http.h"

#include "probes/session/http_answer.h"
#include "probes/session/http_exchange.h"
#include "probes/session/http_listener.h"
#include "probes/session/http_target.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "60s", 1, 86'400, "", "time between two measurements"},
    OptionSpec{"timeout", OptionType::duration, "10s", 0.01, 300, "", "how long all of it may take"},
    OptionSpec{"url", OptionType::text, "https://{address}/", 0, 0, "",
               "what is asked for; {address} is the endpoint's, and a path alone is of https://{address}"},
    OptionSpec{"port", OptionType::integer, "0", 0, 65'535, "", "TCP port; 0 = the URL's"},
    OptionSpec{"method", OptionType::choice, "GET", 0, 0, "GET HEAD", "HEAD asks for no body"},
    OptionSpec{"host", OptionType::text, "", 0, 0, "",
               "name for the Host header, for TLS (SNI) and in the certificate; empty = the URL's"},
    OptionSpec{"verify", OptionType::flag, "true", 0, 0, "",
               "whether a certificate that is untrusted, ended or of another name is a failure"},
    OptionSpec{"ca", OptionType::text, "", 0, 0, "",
               "absolute path of a PEM file with the authorities that are trusted; empty = the system's"},
    OptionSpec{"expected_status", OptionType::text, "200-399", 0, 0, "",
               "statuses of a good answer: numbers and ranges, with commas; redirects are not followed"},
    OptionSpec{"body", OptionType::text, "", 0, 0, "",
               "text that the body must hold, within max_bytes; empty = anything"},
    OptionSpec{"max_bytes", OptionType::integer, "65536", 1, 16'777'216, "",
               "of the body that are read; the rest is left"},
};
constexpr std::array kMetrics = {Metric::resolve_ms,    Metric::connect_ms, Metric::tls_ms,
                                 Metric::first_byte_ms, Metric::http_ms,    Metric::certificate_days,
                                 Metric::http_status,   Metric::http_bytes};

class HttpProbe : public SessionProbe {
 public:
  explicit HttpProbe(const ProbeOptions& options)
      : url_(options.text("url")),
        port_(static_cast<std::uint16_t>(options.integer("port"))),
        method_(options.text("method")),
        host_(options.text("host")),
        verify_(options.flag("verify")),
        body_(options.text("body")),
        most_bytes_(static_cast<std::size_t>(options.integer("max_bytes"))),
        tls_(tls_for(options.text("url"), options.text("ca"))),
        good_(StatusList::parse(options.text("expected_status")).value()) {}

  asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override {
    Round round;
    round.endpoint = target.endpoint;
    co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
    const auto to = parse_http_target(url_, target.address, port_);
    if (!to) {  // an address that fits into no URL
      round.reason = OutcomeReason::name_unresolved;
      co_return round;
    }
    HttpAnswer answer(method_ == "HEAD", most_bytes_);
    HttpRequest request{*to, host_, method_, "", verify_, tls_};
    HttpListener listener(exchange_watch(target));
    request.listener = &listener;
    const HttpCourse course = co_await exchange(std::move(request), answer, time_limit);
    listener.ended();
    conclude(course, answer, round);
    co_return round;
  }

 private:
  void conclude(const HttpCourse& course, const HttpAnswer& answer, Round& round) const {
    if (course.is_cancelled) {
      round.reason = OutcomeReason::cancelled;
      return;
    }
    round.add(Metric::resolve_ms, course.resolve_ms);
    round.add(Metric::connect_ms, course.connect_ms);
    round.add(Metric::tls_ms, course.tls_ms);
    round.add(Metric::first_byte_ms, course.first_byte_ms);
    round.add(Metric::certificate_days, course.certificate_days);
    if (answer.status() != 0) round.add(Metric::http_status, static_cast<float>(answer.status()));
    if (answer.state() != HttpAnswer::State::whole) {
      give(round, verdict_of(course, answer));
      return;
    }
    round.add(Metric::http_ms, course.total_ms);
    round.add(Metric::http_bytes, static_cast<float>(answer.body().size()));
    give(round, judge(answer));
  }

  Verdict judge(const HttpAnswer& answer) const {
    if (!good_.contains(answer.status())) return {Outcome::refused, OutcomeReason::error_answer};
    if (answer.body().find(body_) == std::string::npos)
      return {Outcome::refused, OutcomeReason::unexpected_answer};
    return {Outcome::ok, OutcomeReason::none};
  }

  std::string url_;
  std::uint16_t port_;
  std::string method_;
  std::string host_;
  bool verify_;
  std::string body_;
  std::size_t most_bytes_;
  std::shared_ptr<asio::ssl::context> tls_;
  StatusList good_;
};

bool is_host_name(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
  });
}

}  // namespace

std::span<const OptionSpec> http_options() {
  return kOptions;
}
std::span<const Metric> http_metrics() {
  return kMetrics;
}
Result<void> check_http_options(const ProbeOptions& options) {
  const auto port = static_cast<std::uint16_t>(options.integer("port"));
  if (const auto target = parse_http_target(options.text("url"), "192.0.2.1", port); !target)
    return fail("url: " + target.error().message);
  if (const auto list = StatusList::parse(options.text("expected_status")); !list)
    return fail("expected_status: " + list.error().message);
  if (!is_host_name(options.text("host")))
    return fail(fmt::format("host: \"{}\" is no host name", options.text("host")));
  if (options.text("method") == "HEAD" && !options.text("body").empty())
    return fail("body: an answer to HEAD has none; use method GET");
  return check_authorities(options.text("ca"));
}
std::unique_ptr<SessionProbe> make_http_probe(const ProbeOptions& options) {
  return std::make_unique<HttpProbe>(options);
}

}  // namespace faultline::session
