#include "rules/correlate/burst_queue.h"

#include "rules/model/step_back.h"

#include <algorithm>

namespace faultline::correlate {

bool BurstQueue::is_too_soon(EndpointIndex endpoint, Timestamp now, const ProbeRules& rules) const {
  const auto found = last_.find(endpoint);
  return found != last_.end() && now - found->second < rules.endpoint_spacing;
}

void BurstQueue::ask(EndpointIndex endpoint, BurstReason reason, Timestamp now, const ProbeRules& rules) {
  if (reason != BurstReason::suspicion && is_too_soon(endpoint, now, rules)) return;
  const auto found = entry_.find(endpoint);
  if (found != entry_.end()) {
    if (std::get<BurstReason>(found->second) <= reason) return;
    waiting_.erase(found->second);
  }
  const Entry entry{reason, asked_++, endpoint};
  waiting_.insert(entry);
  entry_[endpoint] = entry;
}

void BurstQueue::set_back(Timestamp now, Duration by) {
  for (auto& [endpoint, last] : last_) step_back(last, now, by);
  step_back(filled_, now, by);
}

std::vector<BurstRequested> BurstQueue::take(Timestamp now, const ProbeRules& rules) {
  if (filled_ == Timestamp{}) tokens_ = rules.burst_reserve;
  const double elapsed = filled_ == Timestamp{} ? 0 : std::max(0.0, to_seconds(now - filled_));
  tokens_ = std::min(rules.burst_reserve, tokens_ + elapsed * rules.bursts_per_second);
  filled_ = now;

  std::vector<BurstRequested> taken;
  for (auto entry = waiting_.begin(); entry != waiting_.end() && tokens_ >= 1;) {
    const auto [reason, order, endpoint] = *entry;
    if (is_too_soon(endpoint, now, rules)) {
      ++entry;
      continue;
    }
    taken.push_back({endpoint, reason});
    last_[endpoint] = now;
    tokens_ -= 1;
    entry_.erase(endpoint);
    entry = waiting_.erase(entry);
  }
  constexpr std::size_t kForgetFrom = 4096;
  if (last_.size() > kForgetFrom)
    std::erase_if(last_, [&](const auto& one) { return now - one.second >= rules.endpoint_spacing; });
  return taken;
}

}  // namespace faultline::correlate
