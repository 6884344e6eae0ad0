// Collects rounds from the shards' threads and lets a test wait for them.
#pragma once

#include "probes/packet/engine.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <span>
#include <vector>

namespace faultline::packet {

inline constexpr std::chrono::seconds kDeadline{20};

class Rounds {
 public:
  RoundSink sink() {
    return [this](std::span<const Round> batch) {
      const std::lock_guard lock(mutex_);
      rounds_.insert(rounds_.end(), batch.begin(), batch.end());
      arrived_.notify_all();
    };
  }
  // Waits until `count` rounds fulfil the condition; those, or fewer after the deadline.
  template <typename Condition>
  std::vector<Round> wait_for(std::size_t count, Condition condition) {
    std::unique_lock lock(mutex_);
    std::vector<Round> found;
    arrived_.wait_for(lock, kDeadline, [&] {
      found.clear();
      std::copy_if(rounds_.begin(), rounds_.end(), std::back_inserter(found), condition);
      return found.size() >= count;
    });
    return found;
  }
  std::vector<Round> wait_for(std::size_t count) {
    return wait_for(count, [](const Round&) { return true; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Round> rounds_;
};

}  // namespace faultline::packet
