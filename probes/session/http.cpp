#include "probes/session/http.h"

#include "probes/async/cancellation.h"
#include "probes/async/clock.h"
#include "probes/async/deadline.h"
#include "probes/async/resolver.h"
#include "probes/session/http_answer.h"
#include "probes/session/http_target.h"
#include "probes/session/reach.h"
#include "probes/session/tls_peer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket&>;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

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

// What is known of one measurement as it goes on.
struct Course {
  Attempt attempt;  // of the latest step; its error ended the conversation
  float resolve_ms = kNoValue, connect_ms = kNoValue, tls_ms = kNoValue, first_byte_ms = kNoValue;
  float certificate_days = kNoValue;
  bool is_tls_broken = false;    // the handshake failed
  bool is_peer_refused = false;  // the certificate is not what it must be
};

// Sends the request and reads until the answer is whole, is no answer, or ends too early.
template <typename Stream>
asio::awaitable<void> converse(Stream& stream, const std::string& request, HttpAnswer& answer,
                               Course& course) {
  const Stopwatch asking;
  const auto out = asio::buffer(request);
  if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
  // A server may answer and close before it has read all: the answer is looked for in any case.
  co_await asio::async_write(stream, out, kToken);
  std::array<char, 4096> bytes{};
  const auto in = asio::buffer(bytes);
  while (answer.state() == HttpAnswer::State::unfinished) {
    // A cancellation that came between two waits would not end the second.
    if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
    const auto [error, count] = co_await stream.async_read_some(in, kToken);
    if (count > 0 && std::isnan(course.first_byte_ms)) course.first_byte_ms = asking.elapsed_ms();
    answer.take(std::string_view(bytes.data(), count));
    course.attempt.error = error;
    if (!error) continue;
    const bool is_end = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
    if (is_end) answer.end();
    if (is_end) course.attempt.error = error_code(ECONNRESET, boost::system::system_category());
    co_return;
  }
}

// Nothing for plain HTTP, since to read the system's authorities takes long. Without its file, which may have
// gone since it was checked, nobody is trusted.
std::shared_ptr<asio::ssl::context> tls_for(const std::string& url, const std::string& ca) {
  if (url.starts_with("http://")) return nullptr;
  auto made = make_tls_client(ca);
  return made ? *made : std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
}

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
    const auto executor = co_await asio::this_coro::executor;
    const Stopwatch total;
    const auto to = parse_http_target(url_, target.address, port_);
    if (!to) {  // an address that fits into no URL
      round.reason = OutcomeReason::name_unresolved;
      co_return round;
    }
    Course course;
    HttpAnswer answer(method_ == "HEAD", most_bytes_);
    const auto address = co_await find_address(to->host, time_limit);
    bool cancelled = co_await is_cancelled();
    if (!cancelled && !address) {
      round.reason = OutcomeReason::name_unresolved;
      co_return round;
    }
    if (!is_literal_address(to->host)) course.resolve_ms = total.elapsed_ms();
    bool expired = false;
    if (!cancelled) {
      tcp::socket socket(executor);
      const Deadline deadline(executor, total.left_of(time_limit), [&socket] {
        error_code ignored;
        socket.close(ignored);
      });
      const tcp::endpoint remote(*address, to->port);
      co_await visit(socket, remote, *to, answer, course);
      expired = deadline.expired();
      cancelled = co_await is_cancelled();
    }
    if (cancelled) {
      round.reason = OutcomeReason::cancelled;
      co_return round;
    }
    conclude(course, answer, expired, total.elapsed_ms(), round);
    co_return round;
  }

 private:
  asio::awaitable<void> visit(tcp::socket& socket, tcp::endpoint remote, const HttpTarget& to,
                              HttpAnswer& answer, Course& course) {
    const Stopwatch connecting;
    course.attempt = co_await connect_tcp(socket, remote);
    if (course.attempt.error) co_return;
    course.connect_ms = connecting.elapsed_ms();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    HttpTarget shown = to;
    if (!host_.empty()) shown.host = host_;
    const std::string request = fmt::format(
        "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: faultline\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        method_, to.path, shown.host_header());
    if (!to.tls) {
      co_await converse(socket, request, answer, course);
      co_return;
    }
    TlsStream stream(socket, *tls_);
    expect_peer(stream.native_handle(), shown.host);
    if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
    const Stopwatch shaking;
    const auto [error] = co_await stream.async_handshake(TlsStream::client, kToken);
    course.attempt.error = error;
    course.is_tls_broken = static_cast<bool>(error);
    if (error) co_return;
    course.tls_ms = shaking.elapsed_ms();
    if (const auto days = certificate_days(stream.native_handle(), wall_now()))
      course.certificate_days = static_cast<float>(*days);
    course.is_peer_refused = verify_ && !is_trusted(stream.native_handle());
    if (course.is_peer_refused) co_return;
    co_await converse(stream, request, answer, course);
  }

  void conclude(const Course& course, const HttpAnswer& answer, bool expired, float total_ms,
                Round& round) const {
    round.add(Metric::resolve_ms, course.resolve_ms);
    round.add(Metric::connect_ms, course.connect_ms);
    round.add(Metric::tls_ms, course.tls_ms);
    round.add(Metric::first_byte_ms, course.first_byte_ms);
    round.add(Metric::certificate_days, course.certificate_days);
    if (answer.status() != 0) round.add(Metric::http_status, static_cast<float>(answer.status()));
    if (answer.state() == HttpAnswer::State::whole) {
      round.add(Metric::http_ms, total_ms);
      round.add(Metric::http_bytes, static_cast<float>(answer.body().size()));
      give(round, judge(answer));
    } else if (answer.state() == HttpAnswer::State::malformed) {
      round.outcome = Outcome::malformed;
    } else if (course.is_peer_refused) {
      give(round, {Outcome::refused, OutcomeReason::certificate_refused});
    } else if (expired) {
      round.outcome = Outcome::timed_out;
    } else if (course.is_tls_broken) {
      give(round, {Outcome::refused, OutcomeReason::tls_failed});
    } else {
      give(round, verdict_of(course.attempt));
    }
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
  if (!options.text("ca").empty() && !options.text("ca").starts_with('/'))
    return fail(fmt::format("ca: \"{}\" is not an absolute path", options.text("ca")));
  if (!options.text("ca").empty())
    if (const auto tls = make_tls_client(options.text("ca")); !tls) return fail("ca: " + tls.error().message);
  return {};
}
std::unique_ptr<SessionProbe> make_http_probe(const ProbeOptions& options) {
  return std::make_unique<HttpProbe>(options);
}

}  // namespace faultline::session
