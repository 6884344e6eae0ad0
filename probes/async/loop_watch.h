// How long an event loop did not run when it should have: its process was stopped, its processor taken, or a
// handler kept it. What waited for an answer meanwhile may have timed out although the answer was there.
// Lives on the loop that it watches.
#pragma once

#include "rules/model/time.h"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace faultline {

class LoopWatch {
 public:
  explicit LoopWatch(const boost::asio::any_io_executor& executor);
  ~LoopWatch();
  LoopWatch(const LoopWatch&) = delete;
  LoopWatch& operator=(const LoopWatch&) = delete;

  // Watches from the first enter to its leave; each enter has one. It wakes the loop twenty times a second.
  void enter();
  void leave();
  // Time taken from the loop while it was watched, since the beginning. Delays below 20 ms are the usual ones
  // and do not count. Take the difference of two calls between one's own enter and leave.
  Duration stolen() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace faultline
