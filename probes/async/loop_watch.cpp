#include "probes/async/loop_watch.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace faultline {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kBeat{50};
constexpr std::chrono::milliseconds kUsualDelay{20};

}  // namespace

struct LoopWatch::State : std::enable_shared_from_this<State> {
  explicit State(const boost::asio::any_io_executor& executor) : timer(executor) {}

  // How late the beat is that is due.
  Steady::duration lateness() const {
    const auto late = Steady::now() - timer.expiry();
    return users > 0 && late > kUsualDelay ? late : Steady::duration{0};
  }

  void wait() {
    timer.expires_after(kBeat);
    timer.async_wait([state = shared_from_this(), run = run](boost::system::error_code error) {
      if (error || run != state->run) return;
      state->stolen += state->lateness();
      state->wait();
    });
  }

  boost::asio::steady_timer timer;
  Steady::duration stolen{0};
  unsigned users = 0;
  unsigned run = 0;  // grows when a watch ends: a beat that was on its way then is void
};

LoopWatch::LoopWatch(const boost::asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {}

LoopWatch::~LoopWatch() {
  ++state_->run;
  state_->timer.cancel();
}

void LoopWatch::enter() {
  if (state_->users++ == 0) state_->wait();
}

void LoopWatch::leave() {
  state_->stolen += state_->users == 1 ? state_->lateness() : Steady::duration{0};
  if (--state_->users > 0) return;
  ++state_->run;
  state_->timer.cancel();
}

Duration LoopWatch::stolen() const {
  return std::chrono::duration_cast<Duration>(state_->stolen + state_->lateness());
}

}  // namespace faultline
