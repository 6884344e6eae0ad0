// Kernel receive stamps are of the real-time clock, which may jump; round-trip times are reckoned on the
// monotonic one. This converts the one into the other, sees jumps, and says when a conversion cannot be
// trusted. Pure but for the free functions.
#pragma once

#include "probes/packet/wheel.h"

#include <cstdint>

namespace faultline::packet {

struct ClockReading {
  Nanos steady = 0;
  std::int64_t wall = 0;  // ns since 1970
  Nanos uncertainty = 0;  // how far apart the two were read, at most
};

Nanos steady_now();
// Both clocks as nearly at once as it goes.
ClockReading read_clocks();
// Whether the kernel's clock is disciplined (adjtimex says nothing of STA_UNSYNC).
bool clock_is_synchronised();

class StampClock {
 public:
  struct Time {
    Nanos steady = 0;
    bool certain = false;
  };

  // To be called after every read of a socket, with clocks read after it.
  void update(const ClockReading& reading);
  // A stamp of a packet that was read before the last update and had not arrived by `earliest`.
  Time steady_time(std::int64_t stamp, Nanos earliest) const;
  std::uint64_t steps() const { return steps_; }

 private:
  std::int64_t offset_ = 0;  // wall - steady
  std::int64_t previous_offset_ = 0;
  Nanos uncertainty_ = 0;  // of offset_
  Nanos updated_at_ = 0;
  Nanos stepped_at_ = INT64_MIN;  // between the update at this time and the one before
  std::uint64_t steps_ = 0;
  bool known_ = false;
};

}  // namespace faultline::packet
