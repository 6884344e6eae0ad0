#include "daemon/http/listener.h"

#include <boost/asio/ip/v6_only.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include <utility>

namespace faultline::http {

namespace asio = boost::asio;
using asio::ip::v6_only;
using boost::system::error_code;

namespace {

std::string remedy(const error_code& error) {
  if (error == asio::error::address_in_use)
    return "; another process listens there (ss -ltnp shows which): stop it or change listen";
  if (error == asio::error::access_denied) return "; a port below 1024 needs CAP_NET_BIND_SERVICE";
  if (error == error_code(EADDRNOTAVAIL, boost::system::system_category()))
    return "; no interface of this machine has that address";
  return "";
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::bind(asio::io_context& io, const ListenAddress& address) {
  const bool is_v6 = address.address.find(':') != std::string::npos;
  const std::string where = is_v6 ? fmt::format("listen: [{}]:{}", address.address, address.port)
                                  : fmt::format("listen: {}:{}", address.address, address.port);
  error_code error;
  const auto ip = asio::ip::make_address(address.address, error);
  if (error) return fail(where + ": expected an IPv4 or IPv6 address");
  const asio::ip::tcp::endpoint endpoint(ip, address.port);
  auto listener = std::make_shared<Listener>(io);
  auto& acceptor = listener->acceptor_;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && ip.is_v6()) acceptor.set_option(v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(fmt::format("{}: {}{}", where, error.message(), remedy(error)));
  return listener;
}

Result<std::shared_ptr<Listener>> Listener::inherit(asio::io_context& io, int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return fail(fmt::format("inherited file descriptor {}: expected a listening TCP socket", descriptor));
  auto listener = std::make_shared<Listener>(io);
  error_code error;
  listener->acceptor_.assign(address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                             descriptor, error);
  if (error) return fail(fmt::format("inherited file descriptor {}: {}", descriptor, error.message()));
  return listener;
}

void Listener::start(Accepted accepted, Trouble trouble) {
  accepted_ = std::move(accepted);
  trouble_ = std::move(trouble);
  accept();
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

ListenAddress Listener::bound() const {
  error_code ignored;
  const auto endpoint = acceptor_.local_endpoint(ignored);
  return {endpoint.address().to_string(), endpoint.port()};
}

void Listener::accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, asio::ip::tcp::socket socket) {
    if (!self->acceptor_.is_open()) return;
    if (error && error != asio::error::connection_aborted) return self->pause_after(error);
    self->in_trouble_ = false;
    if (!error) self->accepted_(std::move(socket));
    self->accept();
  });
}

void Listener::pause_after(const error_code& error) {
  if (!std::exchange(in_trouble_, true)) trouble_(fmt::format("accept: {}", error.message()));
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && self->acceptor_.is_open()) self->accept();
  });
}

}  // namespace faultline::http
