#include "daemon/http/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace faultline::http {

RateLimit::RateLimit(std::size_t per_minute)
    : per_second_(static_cast<double>(per_minute) / 60), capacity_(std::max(1.0, per_second_ * 6)) {}

std::chrono::milliseconds RateLimit::take(std::string_view key, Time now) {
  using std::chrono::milliseconds;
  if (per_second_ <= 0) return milliseconds(0);
  auto found = buckets_.find(std::string(key));
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMostBuckets && now >= next_sweep_) forget_full_ones(now);
    if (buckets_.size() >= kMostBuckets) return milliseconds(1000);  // a flood from very many addresses
    found = buckets_.emplace(std::string(key), Bucket{capacity_, now}).first;
  }
  Bucket& bucket = found->second;
  refill(bucket, now);
  if (bucket.tokens < 1)
    return milliseconds(static_cast<long>(std::ceil((1 - bucket.tokens) / per_second_ * 1000)));
  bucket.tokens -= 1;
  return milliseconds(0);
}

void RateLimit::refill(Bucket& bucket, Time now) const {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - bucket.at).count());
  bucket.tokens = std::min(capacity_, bucket.tokens + seconds * per_second_);
  bucket.at = std::max(bucket.at, now);
}

void RateLimit::forget_full_ones(Time now) {
  next_sweep_ = now + std::chrono::seconds(1);  // a flood must not make us sweep for every request
  for (auto& [key, bucket] : buckets_) refill(bucket, now);
  std::erase_if(buckets_, [this](const auto& item) { return item.second.tokens >= capacity_; });
}

}  // namespace faultline::http
