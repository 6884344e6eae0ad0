#include "probes/packet/stamp_clock.h"

#include <sys/timex.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>

namespace faultline::packet {
namespace {

// NTP bends both clocks alike, so their difference is constant until somebody sets the real-time clock.
constexpr Nanos kSmallestStep = 100'000;
// A packet gets its stamp a little before it stands in the socket.
constexpr Nanos kDelivery = 5'000'000;
constexpr Nanos kSlack = 1'000'000;
constexpr Nanos kGoodReading = 5'000;

std::int64_t read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

}  // namespace

Nanos steady_now() {
  return read_clock(CLOCK_MONOTONIC);
}

ClockReading read_clocks() {
  ClockReading best{.uncertainty = INT64_MAX};
  for (int attempt = 0; attempt < 5 && best.uncertainty > kGoodReading; ++attempt) {
    const auto before = read_clock(CLOCK_MONOTONIC);
    const auto wall = read_clock(CLOCK_REALTIME);
    const auto after = read_clock(CLOCK_MONOTONIC);
    if (after - before < best.uncertainty)
      best = {.steady = before + (after - before) / 2, .wall = wall, .uncertainty = after - before};
  }
  return best;
}

bool clock_is_synchronised() {
  timex status{};
  return adjtimex(&status) >= 0 && (status.status & STA_UNSYNC) == 0;
}

void StampClock::update(const ClockReading& reading) {
  const auto offset = reading.wall - reading.steady;
  updated_at_ = reading.steady;
  if (!known_) {
    known_ = true;
    offset_ = previous_offset_ = offset;
    uncertainty_ = reading.uncertainty;
    return;
  }
  const bool stepped = std::abs(offset - offset_) > kSmallestStep + reading.uncertainty;
  if (stepped) {
    previous_offset_ = offset_;
    stepped_at_ = reading.steady;
    ++steps_;
  }
  // On a busy machine the first may be a bad one.
  if (stepped || reading.uncertainty <= std::max(kGoodReading, uncertainty_)) {
    offset_ = offset;
    uncertainty_ = reading.uncertainty;
  }
}

StampClock::Time StampClock::steady_time(std::int64_t stamp, Nanos earliest) const {
  const auto by_now = stamp - offset_;
  if (stepped_at_ < earliest - kDelivery)
    return {.steady = std::min(by_now, updated_at_), .certain = by_now <= updated_at_ + kSlack};
  // The clock was set while the packet was on its way to us: which of the two offsets puts it where it can
  // be?
  const auto possible = [&](Nanos time) {
    return time >= earliest - kDelivery && time <= updated_at_ + kSlack;
  };
  const auto by_before = stamp - previous_offset_;
  if (possible(by_now) && !possible(by_before)) return {.steady = by_now, .certain = true};
  if (possible(by_before) && !possible(by_now)) return {.steady = by_before, .certain = true};
  return {.steady = updated_at_, .certain = false};
}

}  // namespace faultline::packet
