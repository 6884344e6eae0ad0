// Ends a wait on the outside: when the time is up it calls a function (which cancels or closes the socket),
// unless it was destroyed before. Safe in a coroutine: nothing of the frame is touched after the Deadline is
// gone.
#pragma once

#include "rules/model/time.h"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace faultline {

class Deadline {
 public:
  Deadline(const boost::asio::any_io_executor& executor, Duration time_limit,
           std::function<void()> on_expiry);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool expired() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace faultline
