#include "daemon/http/connection_impl.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace faultline::http {
namespace {

class TlsTransport {
 public:
  using Stream = asio::ssl::stream<asio::ip::tcp::socket>;

  TlsTransport(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}
  asio::ip::tcp::socket& socket() { return stream_.next_layer(); }
  Stream& stream() { return stream_; }
  Task<bool> open() {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kToken);
    co_return !error;
  }
  Task<void> close_stream() { co_await stream_.async_shutdown(kToken); }

 private:
  std::shared_ptr<asio::ssl::context> context_;  // outlives a reload that swaps it
  Stream stream_;
};

}  // namespace

std::shared_ptr<Connection> make_tls_connection(std::shared_ptr<ServerState> state, Peer peer,
                                                asio::ip::tcp::socket socket,
                                                std::shared_ptr<asio::ssl::context> context) {
  return std::make_shared<BasicConnection<TlsTransport>>(std::move(state), std::move(peer), std::move(socket),
                                                         std::move(context));
}

}  // namespace faultline::http
