#include "daemon/http/server.h"

#include "daemon/http/connection.h"
#include "daemon/http/host_check.h"
#include "daemon/http/listener.h"
#include "daemon/http/response_head.h"
#include "daemon/http/server_state.h"
#include "daemon/http/tls_context.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <set>
#include <utility>

namespace faultline::http {

namespace asio = boost::asio;

namespace {

std::string all_of(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) text += (text.empty() ? "" : "\n") + error.message;
  return text;
}

std::shared_ptr<Active> make_active(const ServerConfig& config) {
  auto active = std::make_shared<Active>();
  active->limits = config.limits;
  active->tokens = TokenTable(config.tokens);
  for (const std::string& host : config.allowed_hosts) active->hosts.push_back(host_name(host));
  active->rate = RateLimit(config.limits.requests_per_minute);
  return active;
}

class ServerImpl final : public Server {
 public:
  ServerImpl(asio::io_context& io, const Router& router, ServerEvents events) : io_(io), grace_(io) {
    state_->router = &router;
    state_->events = std::move(events);
  }
  ~ServerImpl() override {
    close_listeners();
    state_->stopping = true;
    state_->events = {};
    for (const auto& connection : connections_) connection->abort();
  }
  ServerImpl(const ServerImpl&) = delete;
  ServerImpl& operator=(const ServerImpl&) = delete;

  Result<void> open(const ServerConfig& config);
  std::vector<ListenAddress> bound() const override;
  std::size_t connections() const override { return connections_.size(); }
  Result<std::function<void()>> prepare(ServerConfig config) override;
  void stop(std::chrono::milliseconds grace, std::function<void()> done) override;

 private:
  Result<std::function<void()>> checked(const ServerConfig& config);
  void accepted(asio::ip::tcp::socket socket);
  void turn_away(asio::ip::tcp::socket socket, Refusal why);
  void ended(const std::shared_ptr<Connection>& connection, const std::string& peer);
  void close_listeners();

  asio::io_context& io_;
  std::shared_ptr<ServerState> state_ = std::make_shared<ServerState>();
  std::shared_ptr<asio::ssl::context> tls_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::map<std::string, std::size_t> per_peer_;
  std::function<void()> stopped_;
  asio::steady_timer grace_;
  // Handlers that outlive this object see it expired.
  std::shared_ptr<ServerImpl*> alive_ = std::make_shared<ServerImpl*>(this);
};

Result<void> ServerImpl::open(const ServerConfig& config) {
  const auto good = checked(config);
  if (!good) return tl::make_unexpected(good.error());
  (*good)();
  for (const ListenAddress& address : config.listen) {
    auto listener = Listener::bind(io_, address);
    if (!listener) return tl::make_unexpected(listener.error());
    listeners_.push_back(std::move(*listener));
  }
  for (const int descriptor : config.inherited) {
    auto listener = Listener::inherit(io_, descriptor);
    if (!listener) return tl::make_unexpected(listener.error());
    listeners_.push_back(std::move(*listener));
  }
  if (listeners_.empty()) return fail("listen: expected at least one address or inherited socket");
  const std::weak_ptr<ServerImpl*> weak = alive_;
  for (const auto& listener : listeners_)
    listener->start(
        [weak](asio::ip::tcp::socket socket) {
          if (const auto alive = weak.lock()) (*alive)->accepted(std::move(socket));
        },
        [state = state_](std::string_view text) { state->trouble(text); });
  return {};
}

// Everything that can be wrong is found here; the function that comes back cannot fail.
Result<std::function<void()>> ServerImpl::checked(const ServerConfig& config) {
  if (const auto errors = check(config); !errors.empty()) return fail(all_of(errors));
  std::shared_ptr<asio::ssl::context> tls;
  if (config.tls) {
    auto made = make_tls_context(*config.tls);
    if (!made) return tl::make_unexpected(made.error());
    tls = std::move(*made);
  }
  return [this, tls = std::move(tls), active = make_active(config)] {
    tls_ = tls;
    state_->active = active;
  };
}

std::vector<ListenAddress> ServerImpl::bound() const {
  std::vector<ListenAddress> addresses;
  for (const auto& listener : listeners_) addresses.push_back(listener->bound());
  return addresses;
}

// The new configuration must also suit the sockets that stay open.
Result<std::function<void()>> ServerImpl::prepare(ServerConfig config) {
  config.listen = bound();
  config.inherited.clear();
  return checked(config);
}

void ServerImpl::accepted(asio::ip::tcp::socket socket) {
  boost::system::error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const auto local = socket.local_endpoint(error);
  const Peer peer{remote.address().to_string(), !error && local.address().is_loopback()};
  const Limits& limits = state_->active->limits;
  if (connections_.size() >= limits.connections)
    return turn_away(std::move(socket), Refusal::too_many_connections);
  if (per_peer_[peer.address] >= limits.connections_per_peer)
    return turn_away(std::move(socket), Refusal::too_many_of_peer);
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  auto connection = tls_ ? make_tls_connection(state_, peer, std::move(socket), tls_)
                         : make_plain_connection(state_, peer, std::move(socket));
  connections_.insert(connection);
  ++per_peer_[peer.address];
  connection->start(
      [weak = std::weak_ptr<ServerImpl*>(alive_), raw = connection.get(), address = peer.address] {
        const auto alive = weak.lock();
        if (!alive) return;
        ServerImpl& self = **alive;
        const auto found = std::find_if(self.connections_.begin(), self.connections_.end(),
                                        [raw](const auto& held) { return held.get() == raw; });
        if (found != self.connections_.end()) self.ended(*found, address);
      });
}

// Says why on a plain connection, in one go and without waiting: what the socket takes at once.
void ServerImpl::turn_away(asio::ip::tcp::socket socket, Refusal why) {
  state_->refused(why);
  if (tls_) return;
  HttpResponse response = problem(503, "too many connections; try again later");
  response.headers.emplace_back("Retry-After", "1");
  const std::string text =
      response_head(response, Framing::length, false, std::time(nullptr)) + response.body;
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  // Unread data would turn the close into a reset, and the answer would be lost.
  std::array<char, 4096> waste;
  socket.read_some(asio::buffer(waste), ignored);
}

void ServerImpl::ended(const std::shared_ptr<Connection>& connection, const std::string& peer) {
  if (--per_peer_[peer] == 0) per_peer_.erase(peer);
  connections_.erase(std::shared_ptr<Connection>(connection));
  if (!connections_.empty() || !stopped_) return;
  grace_.cancel();
  std::exchange(stopped_, {})();
}

void ServerImpl::close_listeners() {
  for (const auto& listener : listeners_) listener->close();
}

void ServerImpl::stop(std::chrono::milliseconds grace, std::function<void()> done) {
  close_listeners();
  state_->stopping = true;
  if (connections_.empty()) return asio::post(io_, std::move(done));
  stopped_ = std::move(done);
  const auto connections = connections_;
  for (const auto& connection : connections) connection->finish();
  grace_.expires_after(grace);
  grace_.async_wait([weak = std::weak_ptr<ServerImpl*>(alive_)](const boost::system::error_code& cancelled) {
    const auto alive = weak.lock();
    if (!alive || cancelled) return;
    ServerImpl& self = **alive;
    const auto rest = self.connections_;
    for (const auto& connection : rest) connection->abort();
    if (self.stopped_) std::exchange(self.stopped_, {})();
  });
}

}  // namespace

Result<void> Server::reload(ServerConfig config) {
  const auto good = prepare(std::move(config));
  if (!good) return tl::make_unexpected(good.error());
  (*good)();
  return {};
}

Result<std::unique_ptr<Server>> Server::start(asio::io_context& io, const Router& router, ServerConfig config,
                                              ServerEvents events) {
  auto server = std::make_unique<ServerImpl>(io, router, std::move(events));
  if (const auto opened = server->open(config); !opened) return tl::make_unexpected(opened.error());
  return server;
}

}  // namespace faultline::http
