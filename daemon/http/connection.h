// One client's connection, plain or TLS. Internal to daemon/http; main loop only. It keeps itself alive while
// it runs and tells its owner when it has ended.
#pragma once

#include "daemon/http/server_state.h"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace faultline::http {

class Connection {
 public:
  virtual ~Connection() = default;
  // `ended` is called once, after the socket is closed.
  virtual void start(std::function<void()> ended) = 0;
  // Ends after the answer that is under way; at once if there is none.
  virtual void finish() = 0;
  virtual void abort() = 0;
};

std::shared_ptr<Connection> make_plain_connection(std::shared_ptr<ServerState> state, Peer peer,
                                                  boost::asio::ip::tcp::socket socket);
std::shared_ptr<Connection> make_tls_connection(std::shared_ptr<ServerState> state, Peer peer,
                                                boost::asio::ip::tcp::socket socket,
                                                std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace faultline::http
