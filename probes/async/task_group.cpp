#include "probes/async/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace faultline {
namespace asio = boost::asio;

struct TaskGroup::State {
  explicit State(asio::any_io_executor e) : executor(std::move(e)) {}
  asio::any_io_executor executor;
  std::list<std::shared_ptr<asio::cancellation_signal>> running;
  std::function<void()> when_empty;
  bool stopped = false;

  void ended(const std::shared_ptr<asio::cancellation_signal>& task) {
    running.remove(task);
    if (running.empty() && when_empty) std::exchange(when_empty, nullptr)();
  }
};

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
TaskGroup::~TaskGroup() = default;

std::function<void()> TaskGroup::spawn(asio::awaitable<void> task) {
  const auto signal = std::make_shared<asio::cancellation_signal>();
  state_->running.push_back(signal);
  const auto state = state_;
  auto done = [state, signal](const std::exception_ptr& error) {
    state->ended(signal);
    if (error) std::rethrow_exception(error);
  };
  asio::co_spawn(state_->executor, std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), std::move(done)));
  if (state_->stopped)
    asio::post(state_->executor, [signal] { signal->emit(asio::cancellation_type::terminal); });
  return [weak = std::weak_ptr(signal), executor = state_->executor] {
    asio::post(executor, [weak] {
      if (const auto task_signal = weak.lock()) task_signal->emit(asio::cancellation_type::terminal);
    });
  };
}

void TaskGroup::stop() {
  state_->stopped = true;
  // Behind the starts of those that have not begun: cancelled before its first step, a task would end by an
  // exception. A copy of the list: a cancelled task may end, and leave it, within emit.
  asio::post(state_->executor, [running = state_->running] {
    for (const auto& signal : running) signal->emit(asio::cancellation_type::terminal);
  });
}

void TaskGroup::on_empty(std::function<void()> f) {
  if (state_->running.empty())
    asio::post(state_->executor, std::move(f));
  else
    state_->when_empty = std::move(f);
}

std::size_t TaskGroup::size() const {
  return state_->running.size();
}

}  // namespace faultline
