// One HTTP exchange put into words for who looks on (session/exchange_watch.h): connection, TLS, the lines of
// both headers and how much came behind them. No secret is shown: neither the value of a header line nor that
// of a query parameter whose name sounds like one. Called by session/http_exchange; knows no sockets.
#pragma once

#include "probes/session/exchange_watch.h"
#include "probes/session/reach.h"

#include <boost/asio/ip/tcp.hpp>
#include <openssl/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::session {

// The lines of a header, up to the empty one, without their ends and without secrets.
std::vector<std::string> shown_header_lines(std::string_view header);

class HttpListener {
 public:
  explicit HttpListener(ExchangeWatch watch) : watch_(std::move(watch)) {}

  void connecting(const boost::asio::ip::tcp::endpoint& remote) const;
  void connected(const Attempt& attempt) const;  // or not
  // The handshake is over, well or not.
  void secured(const SSL* tls, const boost::system::error_code& error) const;
  void sent(std::string_view header) const;
  void received(std::string_view bytes);
  void ended();  // nothing more comes

 private:
  void tell_header(std::string_view header) const;

  ExchangeWatch watch_;
  std::string header_;  // of the answer, as far as it has come
  bool has_header_ = false;
  std::uint64_t bytes_ = 0;  // behind the header
};

}  // namespace faultline::session
