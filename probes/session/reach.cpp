#include "probes/session/reach.h"

#include "probes/async/look_up.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace faultline::session {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

asio::awaitable<std::optional<asio::ip::address>> find_address(std::string text, Duration time_limit) {
  const std::optional<std::string> found = co_await look_up(std::move(text), time_limit);
  if (!found) co_return std::nullopt;
  error_code error;
  const auto address = asio::ip::make_address(*found, error);
  if (error) co_return std::nullopt;
  co_return address;
}

// By hand, since Asio's own connect does not tell what the kernel refused from what the network did.
asio::awaitable<Attempt> connect_tcp(tcp::socket& socket, tcp::endpoint remote) {
  Attempt attempt;
  socket.open(remote.protocol(), attempt.error);
  if (!attempt.error) socket.native_non_blocking(true, attempt.error);
  if (attempt.error) {
    attempt.at_once = true;
    co_return attempt;
  }
  const int fd = socket.native_handle();
  if (::connect(fd, remote.data(), static_cast<socklen_t>(remote.size())) == 0) co_return attempt;
  if (errno != EINPROGRESS) {
    attempt.error = error_code(errno, boost::system::system_category());
    attempt.at_once = true;
    co_return attempt;
  }
  const auto token = asio::as_tuple(asio::use_awaitable);
  const auto [wait_error] = co_await socket.async_wait(tcp::socket::wait_write, token);
  attempt.error = wait_error;
  if (wait_error) co_return attempt;
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code != 0) attempt.error = error_code(code, boost::system::system_category());
  co_return attempt;
}

void ask_for_errors(int socket, const asio::ip::address& other_end) {
  const int on = 1;
  const bool is_v4 = other_end.is_v4();
  setsockopt(socket, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
}

std::string shown(const asio::ip::address& address, std::uint16_t port) {
  const std::string text = address.to_string();
  return address.is_v6() ? fmt::format("[{}]:{}", text, port) : fmt::format("{}:{}", text, port);
}

std::string told_by(const Attempt& attempt) {
  if (!attempt.error) return "connected";
  const bool is_given_up =  // the socket was closed while it waited
      attempt.error == asio::error::operation_aborted || attempt.error == asio::error::bad_descriptor;
  return is_given_up ? "nothing in time" : attempt.error.message();
}

Verdict verdict_of(const Attempt& attempt) {
  using enum Outcome;
  switch (attempt.error.value()) {
    case ECONNREFUSED:
      return {refused, OutcomeReason::port_unreachable};
    case ECONNRESET:
    case EPIPE:
      return {refused, OutcomeReason::connection_closed};
    case ENETUNREACH:
      if (attempt.at_once) return {not_measured, OutcomeReason::no_route};
      return {unreachable, OutcomeReason::net_unreachable};
    case EHOSTUNREACH:
    case EHOSTDOWN:
      if (attempt.at_once) return {not_measured, OutcomeReason::no_route};
      return {unreachable, OutcomeReason::host_unreachable};
    case EACCES:  // a route or a filter of the own machine
    case EPERM:
    case EAFNOSUPPORT:
      return {not_measured, OutcomeReason::no_route};
    case ETIMEDOUT:
      return {timed_out, OutcomeReason::none};
    case ENOPROTOOPT:
    case EPROTO:
      return {unreachable, OutcomeReason::port_unreachable};
    default:  // no descriptor, port or memory left: the own machine's trouble
      return {not_measured, OutcomeReason::send_failed};
  }
}

void give(Round& round, Verdict verdict) {
  round.outcome = verdict.outcome;
  round.reason = verdict.reason;
}

}  // namespace faultline::session
