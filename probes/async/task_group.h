// The only thing in the program that starts coroutines. It keeps every one of them cancellable and lets its
// owner wait until all have ended, so that no coroutine outlives what it uses. One thread: that of the
// executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <list>
#include <memory>

namespace faultline {

class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  // Every task must have ended (on_empty was called) or the executor must have stopped for good.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts the coroutine. An exception that leaves it is a bug: it is thrown out of io_context::run.
  // The function given back cancels that one task (terminally); calling it late or twice is harmless.
  std::function<void()> spawn(boost::asio::awaitable<void> task);
  // Cancels everything. Tasks started afterwards are cancelled at their first wait.
  void stop();
  // Calls f once, from the executor, as soon as no task runs (at once if none does).
  void on_empty(std::function<void()> f);
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace faultline
