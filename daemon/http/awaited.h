// A value that a callback gives once and a coroutine waits for, with a time limit. Internal to daemon/http.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace faultline::http {

template <typename T>
class Awaited {
 public:
  explicit Awaited(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

  // On the executor's thread. Only the first value counts.
  void give(T value) {
    if (value_ || closed_) return;
    value_.emplace(std::move(value));
    timer_.cancel();
  }
  // Nothing if no value came in time; what comes later is dropped.
  static boost::asio::awaitable<std::optional<T>> wait(std::shared_ptr<Awaited> self,
                                                       std::chrono::milliseconds limit) {
    if (!self->value_) {
      self->timer_.expires_after(limit);
      const auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
      co_await self->timer_.async_wait(token);
    }
    self->closed_ = true;
    co_return std::move(self->value_);
  }

 private:
  boost::asio::steady_timer timer_;
  std::optional<T> value_;
  bool closed_ = false;
};

}  // namespace faultline::http
