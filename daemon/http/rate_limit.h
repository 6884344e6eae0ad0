// Token buckets by key (a token's name, or an address): so many requests a minute, a tenth of that at once.
// Pure: time comes in. Bounded: at most kMostBuckets; when they are used up, those that are full again go,
// once a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace faultline::http {

class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMostBuckets = 10'000;

  // per_minute = 0: no limit.
  explicit RateLimit(std::size_t per_minute);

  // Zero: taken. Else how long to wait until one is to be had.
  std::chrono::milliseconds take(std::string_view key, Time now);
  std::size_t buckets() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens;
    Time at;
  };
  void refill(Bucket& bucket, Time now) const;
  void forget_full_ones(Time now);

  double per_second_;
  double capacity_;
  Time next_sweep_{};
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace faultline::http
