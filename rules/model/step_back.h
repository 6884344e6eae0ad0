// The clock of the machine was set back. Whoever counts from a time moves it along, else a wait of a minute
// lasts until the clock has caught up.
#pragma once

#include "rules/model/time.h"

namespace faultline {

// It was set back by so much, and now it is `now`: what lies in the new future is as long ago as it was.
constexpr void step_back(Timestamp& time, Timestamp now, Duration by) {
  if (time > now) time -= by;
}

}  // namespace faultline
