#include "probes/session/http_exchange.h"

#include "probes/async/cancellation.h"
#include "probes/async/clock.h"
#include "probes/async/deadline.h"
#include "probes/async/resolver.h"
#include "probes/session/http_listener.h"
#include "probes/session/tcp_progress.h"
#include "probes/session/tls_peer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <random>
#include <string_view>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket&>;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kPiece = 4096, kFlowPiece = 65'536;  // bytes moved at a time

// Of a body that is sent. On a socket that was closed meanwhile nothing is known, and it goes on.
Duration pause_of(HttpFlow& flow, tcp::socket& socket) {
  const auto bytes = acknowledged_bytes(socket.native_handle());
  return bytes ? flow.pause_after(*bytes) : Duration{};
}

// Waits as the flow says; false: it is enough.
asio::awaitable<bool> pause(Duration time) {
  if (time < Duration{}) co_return false;
  if (time == Duration{}) co_return true;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  co_await timer.async_wait(kToken);
  co_return true;
}

// Something that no box on the way can press: the same noise every time.
const std::string& noise() {
  static const std::string kNoise = [] {
    std::mt19937_64 dice(1);
    std::string text(kFlowPiece, '\0');
    for (char& c : text) c = static_cast<char>(dice());
    return text;
  }();
  return kNoise;
}

template <typename Stream>
asio::awaitable<void> send_body(Stream& stream, tcp::socket& socket, const HttpRequest& request,
                                HttpCourse& course) {
  std::uint64_t left = request.body_bytes;
  while (left > 0) {
    const std::size_t size = std::min<std::uint64_t>(left, noise().size());
    const auto out = asio::buffer(noise(), size);
    if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
    const auto [error, count] = co_await asio::async_write(stream, out, kToken);
    if (error) co_return;  // the answer may say why
    left -= count;
    if (request.flow == nullptr) continue;
    const Duration time = pause_of(*request.flow, socket);
    course.is_enough = !co_await pause(time);
    if (course.is_enough) co_return;
  }
}

// Sends the request and reads until the answer is whole, is no answer, or ends too early.
template <typename Stream>
asio::awaitable<void> converse(Stream& stream, tcp::socket& socket, const HttpRequest& request,
                               const std::string& header, HttpAnswer& answer, HttpCourse& course) {
  const Stopwatch asking;
  const auto out = asio::buffer(header);
  if (request.listener != nullptr) request.listener->sent(header);
  if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
  // A server may answer and close before it has read all: the answer is looked for in any case.
  co_await asio::async_write(stream, out, kToken);
  const bool is_upload = request.body_bytes > 0;
  if (is_upload) co_await send_body(stream, socket, request, course);
  if (course.is_enough) co_return;
  HttpFlow* const flow = request.flow;
  std::vector<char> bytes(flow == nullptr ? kPiece : kFlowPiece);
  const auto in = asio::buffer(bytes);
  while (answer.state() == HttpAnswer::State::unfinished) {
    // A cancellation that came between two waits would not end the second.
    if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
    const auto [error, count] = co_await stream.async_read_some(in, kToken);
    if (count > 0 && std::isnan(course.first_byte_ms)) {
      course.first_byte_ms = asking.elapsed_ms();
      if (is_upload && flow != nullptr) pause_of(*flow, socket);
    }
    answer.take(std::string_view(bytes.data(), count));
    if (request.listener != nullptr) request.listener->received(std::string_view(bytes.data(), count));
    course.attempt.error = error;
    if (!error && flow != nullptr && !is_upload && answer.body_size() > 0) {
      const Duration time = flow->pause_after(answer.body_size());
      course.is_enough = !co_await pause(time);
      if (course.is_enough) co_return;
    }
    if (!error) continue;
    const bool is_end = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
    if (is_end) answer.end();
    if (is_end) course.attempt.error = error_code(ECONNRESET, boost::system::system_category());
    co_return;
  }
}

asio::awaitable<void> visit(tcp::socket& socket, tcp::endpoint remote, const HttpRequest& request,
                            HttpAnswer& answer, HttpCourse& course) {
  if (request.listener != nullptr) request.listener->connecting(remote);
  const Stopwatch connecting;
  course.attempt = co_await connect_tcp(socket, remote);
  if (request.listener != nullptr) request.listener->connected(course.attempt);
  if (course.attempt.error) co_return;
  course.connect_ms = connecting.elapsed_ms();
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  HttpTarget shown = request.to;
  if (!request.host.empty()) shown.host = request.host;
  std::string more = request.header;
  if (request.body_bytes > 0) more += fmt::format("Content-Length: {}\r\n", request.body_bytes);
  const std::string text = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: faultline\r\nAccept: */*\r\n{}Connection: close\r\n\r\n",
      request.method, request.to.path, shown.host_header(), more);
  if (!request.to.tls) {
    co_await converse(socket, socket, request, text, answer, course);
    co_return;
  }
  TlsStream stream(socket, *request.tls);
  expect_peer(stream.native_handle(), shown.host);
  if (const bool cancelled = co_await is_cancelled(); cancelled) co_return;
  const Stopwatch shaking;
  const auto [error] = co_await stream.async_handshake(TlsStream::client, kToken);
  course.attempt.error = error;
  course.is_tls_broken = static_cast<bool>(error);
  if (request.listener != nullptr) request.listener->secured(stream.native_handle(), error);
  if (error) co_return;
  course.tls_ms = shaking.elapsed_ms();
  if (const auto days = certificate_days(stream.native_handle(), wall_now()))
    course.certificate_days = static_cast<float>(*days);
  course.is_peer_refused = request.verify && !is_trusted(stream.native_handle());
  if (course.is_peer_refused) co_return;
  co_await converse(stream, socket, request, text, answer, course);
}

}  // namespace

asio::awaitable<HttpCourse> exchange(HttpRequest request, HttpAnswer& answer, Duration time_limit) {
  HttpCourse course;
  co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
  const auto executor = co_await asio::this_coro::executor;
  const Stopwatch total;
  const auto address = co_await find_address(request.to.host, time_limit);
  course.is_cancelled = co_await is_cancelled();
  if (course.is_cancelled) co_return course;
  course.is_unresolved = !address;
  if (course.is_unresolved) co_return course;
  if (!is_literal_address(request.to.host)) course.resolve_ms = total.elapsed_ms();
  tcp::socket socket(executor);
  const Deadline deadline(executor, total.left_of(time_limit), [&socket, &request] {
    error_code ignored;
    if (request.flow != nullptr && request.body_bytes > 0) pause_of(*request.flow, socket);
    socket.close(ignored);
  });
  const tcp::endpoint remote(*address, request.to.port);
  co_await visit(socket, remote, request, answer, course);
  course.is_expired = deadline.expired();
  course.is_cancelled = co_await is_cancelled();
  course.total_ms = total.elapsed_ms();
  co_return course;
}

Verdict verdict_of(const HttpCourse& course, const HttpAnswer& answer) {
  if (course.is_unresolved) return {Outcome::not_measured, OutcomeReason::name_unresolved};
  if (answer.state() == HttpAnswer::State::malformed) return {Outcome::malformed, OutcomeReason::none};
  if (course.is_peer_refused) return {Outcome::refused, OutcomeReason::certificate_refused};
  if (course.is_expired) return {Outcome::timed_out, OutcomeReason::none};
  if (course.is_tls_broken) return {Outcome::refused, OutcomeReason::tls_failed};
  return verdict_of(course.attempt);
}

std::shared_ptr<asio::ssl::context> tls_for(const std::string& url, const std::string& ca) {
  if (url.starts_with("http://")) return nullptr;
  auto made = make_tls_client(ca);
  return made ? *made : std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
}

Result<void> check_authorities(const std::string& ca) {
  if (ca.empty()) return {};
  if (!ca.starts_with('/')) return fail(fmt::format("ca: \"{}\" is not an absolute path", ca));
  if (const auto tls = make_tls_client(ca); !tls) return fail("ca: " + tls.error().message);
  return {};
}

}  // namespace faultline::session
