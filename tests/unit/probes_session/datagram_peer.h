// The other end of a conversation by UDP, for tests: on a free port of loopback and the test's own event
// loop. It answers each packet by a script; an empty answer is none.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <functional>
#include <string>
#include <utility>

namespace faultline::session {

class DatagramPeer {
 public:
  using Script = std::function<std::string(const std::string& packet)>;
  DatagramPeer(boost::asio::io_context& io, Script script)
      : socket_(io, {boost::asio::ip::address_v4::loopback(), 0}), script_(std::move(script)) {
    receive();
  }
  std::string port() const { return std::to_string(socket_.local_endpoint().port()); }

 private:
  void receive() {
    socket_.async_receive_from(boost::asio::buffer(bytes_), from_,
                               [this](boost::system::error_code error, std::size_t size) {
                                 if (error) return;
                                 const std::string answer = script_(std::string(bytes_.data(), size));
                                 boost::system::error_code ignored;
                                 if (!answer.empty())
                                   socket_.send_to(boost::asio::buffer(answer), from_, 0, ignored);
                                 receive();
                               });
  }

  boost::asio::ip::udp::socket socket_;
  Script script_;
  boost::asio::ip::udp::endpoint from_;
  std::array<char, 2048> bytes_{};
};

// A UDP port of loopback that nobody listens on as long as this lives: it is taken, for another sender.
class ClosedDatagramPort {
 public:
  explicit ClosedDatagramPort(boost::asio::io_context& io)
      : socket_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
    socket_.connect({boost::asio::ip::make_address_v4("127.0.0.99"), 9});
  }
  std::string port() const { return std::to_string(socket_.local_endpoint().port()); }

 private:
  boost::asio::ip::udp::socket socket_;
};

}  // namespace faultline::session
