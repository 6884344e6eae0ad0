// A trouble that repeats itself is worth two entries of the log: when it begins, and when it is over. Says
// which; the caller writes them. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace faultline::app {

class TroubleLog {
 public:
  // It happened. True if it begins now.
  bool failed() { return ++times_ == 1; }
  // It did not happen this time. How often it did, if it is over now.
  std::optional<std::uint64_t> went_well() {
    if (times_ == 0) return std::nullopt;
    return std::exchange(times_, 0);
  }

 private:
  std::uint64_t times_ = 0;
};

}  // namespace faultline::app
