// The only places in probes/ that read a clock. Wall time for what others see, steady time for waiting.
#pragma once

#include "rules/model/time.h"

#include <chrono>

namespace faultline {

inline Timestamp wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace faultline
