#include "daemon/http/connection_impl.h"

namespace faultline::http {
namespace {

class PlainTransport {
 public:
  explicit PlainTransport(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
  asio::ip::tcp::socket& socket() { return socket_; }
  asio::ip::tcp::socket& stream() { return socket_; }
  Task<bool> open() { co_return true; }
  Task<void> close_stream() {
    ErrorCode ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    co_return;
  }

 private:
  asio::ip::tcp::socket socket_;
};

}  // namespace

std::shared_ptr<Connection> make_plain_connection(std::shared_ptr<ServerState> state, Peer peer,
                                                  asio::ip::tcp::socket socket) {
  return std::make_shared<BasicConnection<PlainTransport>>(std::move(state), std::move(peer),
                                                           std::move(socket));
}

}  // namespace faultline::http
