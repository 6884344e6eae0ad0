// What the packet engine says of itself: plain counters since its start, copied out by Engine::stats().
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace faultline::packet {

struct EngineStats {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;          // in time, without duplicates
  std::uint64_t late = 0;              // after the time-out, within the horizon
  std::uint64_t late_after_close = 0;  // of those: when the round had been given out already (it says "lost")
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t errors = 0;  // ICMP errors that quote one of our packets
  std::uint64_t stray = 0;   // replies to nothing we sent: forged, another program's, or beyond the horizon
  std::uint64_t malformed = 0;           // truncated or invalid
  std::uint64_t bad_authentication = 0;  // STAMP replies whose HMAC does not fit
  std::uint64_t unsent = 0;              // the own kernel did not take the packet
  std::uint64_t queue_drops = 0;         // replies that the own socket buffers had no room for
  std::uint64_t clock_steps = 0;         // jumps of the real-time clock that were seen and corrected
  std::uint64_t untimed = 0;             // replies counted without RTT, for their time was uncertain
  std::uint64_t stalls = 0;              // the shard did not run for longer than it may
  std::uint64_t rounds = 0;
  std::uint64_t rounds_not_measured = 0;
  std::uint64_t bursts = 0;
  std::uint64_t bursts_refused = 0;  // too many at a time
  std::uint64_t targets = 0;
  std::uint64_t sockets = 0;
  // How late packets were sent: bucket i counts lags below kLagBounds_us[i], the last one all others.
  static constexpr std::array<std::uint32_t, 11> kLagBounds_us = {100,   250,   500,    1000,   2000,   5000,
                                                                  10000, 50000, 100000, 500000, 1000000};
  std::array<std::uint64_t, 12> lag_counts{};
  std::uint64_t lag_sum_us = 0;
  std::uint64_t lag_max_us = 0;
  std::uint64_t bytes = 0;  // held by the shards' tables

  // Sums and maxima over shards.
  EngineStats& operator+=(const EngineStats& other);
};

}  // namespace faultline::packet
