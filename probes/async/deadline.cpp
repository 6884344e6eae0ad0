#include "probes/async/deadline.h"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace faultline {

struct Deadline::State {
  State(const boost::asio::any_io_executor& executor, std::function<void()> f)
      : timer(executor), on_expiry(std::move(f)) {}
  boost::asio::steady_timer timer;
  std::function<void()> on_expiry;
  bool over = false;  // the Deadline is gone
  bool expired = false;
};

Deadline::Deadline(const boost::asio::any_io_executor& executor, Duration time_limit,
                   std::function<void()> on_expiry)
    : state_(std::make_shared<State>(executor, std::move(on_expiry))) {
  state_->timer.expires_after(time_limit);
  state_->timer.async_wait([state = state_](boost::system::error_code error) {
    if (error || state->over) return;
    state->expired = true;
    state->on_expiry();
  });
}

Deadline::~Deadline() {
  state_->over = true;
  state_->timer.cancel();
}

bool Deadline::expired() const {
  return state_->expired;
}

}  // namespace faultline
