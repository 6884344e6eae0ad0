// A time limit for operations on a socket that can still be written to afterwards: on expiry it cancels what
// is pending, and again every 20 ms until it is lifted, so that an operation of several steps cannot slip
// through between two of them. Internal to daemon/http.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace faultline::http {

class Deadline {
 public:
  explicit Deadline(boost::asio::ip::tcp::socket& socket) : timer_(socket.get_executor()), socket_(socket) {}

  // `owner` keeps socket and deadline alive until the timer's handler has run.
  void set(std::chrono::milliseconds limit, std::shared_ptr<void> owner) {
    lift();
    timer_.expires_after(limit);
    wait(std::move(owner));
  }
  void lift() {
    ++generation_;
    expired_ = false;
    timer_.cancel();
  }
  bool expired() const { return expired_; }

 private:
  void wait(std::shared_ptr<void> owner) {
    timer_.async_wait([this, owner = std::move(owner), generation = generation_](boost::system::error_code) {
      if (generation != generation_) return;
      expired_ = true;
      boost::system::error_code ignored;
      socket_.cancel(ignored);
      timer_.expires_after(std::chrono::milliseconds(20));
      wait(owner);
    });
  }

  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::socket& socket_;
  std::uint64_t generation_ = 0;
  bool expired_ = false;
};

}  // namespace faultline::http
