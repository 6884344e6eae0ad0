// How fast a transfer is, from how many bytes there were by when. Pure. As TR-143 (Broadband Forum) counts:
// from the first bytes to the last, and, if it lasts long enough, without the second in which TCP finds its
// speed.
#pragma once

#include "rules/model/time.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace faultline::session {

class TransferMeter {
 public:
  // `total` bytes by `at`, since any beginning; neither may fall. The same total again says that nothing
  // came.
  void add(Duration at, std::uint64_t total) {
    const Sample now{at, total};
    if (!first_) first_ = now;
    if (!settled_ && at - first_->at >= kSettling) settled_ = now;
    last_ = now;
  }
  // Nothing more came until now.
  void stall(Duration at) {
    if (first_) add(at, last_.total);
  }
  Duration lasted() const { return first_ ? last_.at - first_->at : Duration{}; }
  std::uint64_t bytes() const { return first_ ? last_.total - first_->total : 0; }

  // Bits a second; nothing as long as it cannot be told.
  std::optional<double> rate_bps() const {
    if (!first_) return std::nullopt;
    const bool is_long = settled_ && last_.at - settled_->at >= kSettling;
    const Sample& from = is_long ? *settled_ : *first_;
    const double seconds = to_seconds(last_.at - from.at);
    if (seconds <= 0 || bytes() == 0) return std::nullopt;
    return 8.0 * static_cast<double>(last_.total - from.total) / seconds;
  }

 private:
  static constexpr Duration kSettling = std::chrono::seconds(1);
  struct Sample {
    Duration at{};
    std::uint64_t total = 0;
  };
  std::optional<Sample> first_, settled_;
  Sample last_;
};

}  // namespace faultline::session
