// For which endpoint an answer that many share is good enough, and who has to ask anew. An answer is used
// once by each: so whoever had it and comes again, an interval later or for a second opinion, asks, and all
// others use that. No more questions are asked than one an interval and one for each second opinion. Pure.
#pragma once

#include "rules/model/index.h"
#include "rules/model/time.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <unordered_map>

namespace faultline::session {

class SharedAnswer {
 public:
  using Clock = std::chrono::steady_clock;
  // An answer no older than this is not asked for again by anybody: a source has new values every some
  // seconds.
  static constexpr Duration kFresh = std::chrono::seconds(5);

  explicit SharedAnswer(Duration interval) : interval_(interval), fresh_(std::min(kFresh, interval / 4)) {}

  // Whether the last answer will do for this endpoint now.
  bool serves(EndpointIndex endpoint, Clock::time_point now) const {
    if (number_ == 0) return false;
    const auto age = now - came_at_;
    if (age < fresh_) return true;
    const auto used = used_.find(endpoint.value);
    const bool is_new = used == used_.end() || used->second != number_;
    return is_new && age < interval_;
  }
  // Of the last answer; another one means that there has been news.
  std::uint64_t number() const { return number_; }
  void use(EndpointIndex endpoint) { used_[endpoint.value] = number_; }
  // There is another one, just come: those that waited for it can use it, however long it took.
  void renew(Clock::time_point now) {
    ++number_;
    came_at_ = now;
  }

 private:
  Duration interval_, fresh_;
  std::uint64_t number_ = 0;  // of the last answer; 0: none yet
  Clock::time_point came_at_;
  std::unordered_map<std::uint32_t, std::uint64_t> used_;  // by endpoint: the answer that it had last
};

}  // namespace faultline::session
