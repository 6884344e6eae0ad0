// Listening sockets: binding them, taking inherited ones, accepting. Internal to daemon/http.
#pragma once

#include "daemon/http/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace faultline::http {

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  using Accepted = std::function<void(boost::asio::ip::tcp::socket)>;
  using Trouble = std::function<void(std::string_view)>;

  // The error names the address: "127.0.0.1:9464: address already in use; …".
  static Result<std::shared_ptr<Listener>> bind(boost::asio::io_context& io, const ListenAddress& address);
  // Takes the descriptor over.
  static Result<std::shared_ptr<Listener>> inherit(boost::asio::io_context& io, int descriptor);

  explicit Listener(boost::asio::io_context& io) : acceptor_(io), pause_(io) {}

  // Accepts until close(). Without file descriptors left it tries again ten times a second.
  void start(Accepted accepted, Trouble trouble);
  void close();
  ListenAddress bound() const;

 private:
  void accept();
  void pause_after(const boost::system::error_code& error);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  Accepted accepted_;
  Trouble trouble_;
  bool in_trouble_ = false;
};

}  // namespace faultline::http
