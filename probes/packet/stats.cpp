#include "probes/packet/stats.h"

#include <algorithm>

namespace faultline::packet {

EngineStats& EngineStats::operator+=(const EngineStats& other) {
  for (auto member : {&EngineStats::sent,       &EngineStats::received,
                      &EngineStats::late,       &EngineStats::late_after_close,
                      &EngineStats::duplicates, &EngineStats::reordered,
                      &EngineStats::errors,     &EngineStats::stray,
                      &EngineStats::malformed,  &EngineStats::bad_authentication,
                      &EngineStats::unsent,     &EngineStats::queue_drops,
                      &EngineStats::untimed,    &EngineStats::stalls,
                      &EngineStats::rounds,     &EngineStats::rounds_not_measured,
                      &EngineStats::bursts,     &EngineStats::bursts_refused,
                      &EngineStats::targets,    &EngineStats::sockets,
                      &EngineStats::lag_sum_us, &EngineStats::bytes})
    this->*member += other.*member;
  for (std::size_t i = 0; i < lag_counts.size(); ++i) lag_counts[i] += other.lag_counts[i];
  lag_max_us = std::max(lag_max_us, other.lag_max_us);
  clock_steps = std::max(clock_steps, other.clock_steps);  // every shard sees the same jump
  return *this;
}

}  // namespace faultline::packet
