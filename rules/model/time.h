// Time as data. The rules never read a clock: every input carries its time, and only the daemon's outermost
// layer (and the tests' virtual clock) makes one. UTC, microseconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace faultline {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;

// Seconds as a plain number, for formulas and for output.
constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}
constexpr double to_milliseconds(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

}  // namespace faultline
