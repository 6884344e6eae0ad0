#include "rules/decide/guard.h"

#include "rules/decide/explain.h"
#include "rules/model/step_back.h"

#include <fmt/format.h>

#include <chrono>

namespace faultline::decide {

void HostGuard::note_round(bool lost, Timestamp at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  if (seconds_.empty() || seconds_.back().at < second) seconds_.push_back({second, 0, 0});
  ++seconds_.back().results;
  if (lost) ++seconds_.back().lost;
}

void HostGuard::note_sample(EndpointIndex endpoint, bool good) {
  if (sample_.erase(endpoint) == 0) return;
  ++(good ? good_ : bad_);
}

void HostGuard::set_sample(std::span<const EndpointIndex> sample) {
  sample_ = {sample.begin(), sample.end()};
  good_ = bad_ = 0;
}

void HostGuard::set_back(Timestamp now, Duration by) {
  for (Second& second : seconds_) step_back(second.at, now, by);
  for (auto* time : {&failing_since_, &passing_since_, &doubted_at_, &well_since_})
    if (*time) step_back(**time, now, by);
}

bool HostGuard::is_mass_loss(std::uint32_t suspects, std::uint32_t measured, std::uint32_t aggregations,
                             const GuardRulesOfHost& rules) const {
  std::uint32_t results = 0, lost = 0;
  for (const Second& second : seconds_) {
    results += second.results;
    lost += second.lost;
  }
  if (results < rules.mass_results || aggregations < rules.mass_aggregations) return false;
  return lost > rules.mass_lost_share * results || suspects > rules.mass_suspect_share * measured;
}

// The self-check: blind at its first failure, sick when it lasts.
void HostGuard::check_self(bool healthy, Timestamp now, const GuardRulesOfHost& rules, HostVerdict& verdict) {
  if (!healthy) {
    passing_since_.reset();
    if (!failing_since_) failing_since_ = now;
    if (results_count()) {
      state_ = HostState::blind;
      verdict.became_blind = true;
      verdict.doubted_since = now - rules.doubt;
      doubted_at_.reset();
    }
    if (now - *failing_since_ >= rules.sick_hold) {
      state_ = HostState::sick;
      verdict.why = fmt::format(
          "the probe host cannot reach its own references for {}; nothing it measured since "
          "counts",
          describe(now - *failing_since_));
    }
    return;
  }
  if (results_count() && !accused_) return;
  failing_since_.reset();
  if (!passing_since_) passing_since_ = now;
  if (now - *passing_since_ < rules.recover) return;
  verdict.became_well = true;
  well_since_ = now;
  verdict.why = fmt::format("the probe host passes its checks again for {}", describe(now - *passing_since_));
  state_ = HostState::well;
  accused_ = false;
  passing_since_.reset();
  seconds_.clear();
}

// Too much lost at once: ask a sample before believing it.
void HostGuard::check_mass(bool is_mass, Timestamp now, HostVerdict& verdict) {
  if (!is_mass) is_cleared_ = false;
  if (!is_mass || is_cleared_) return;
  state_ = HostState::doubted;
  doubted_at_ = now;
  verdict.sample_wanted = true;
  good_ = bad_ = 0;
}

// Doubted: what does the sample say?
void HostGuard::weigh_sample(Timestamp now, const GuardRulesOfHost& rules, HostVerdict& verdict) {
  const std::uint32_t answered = good_ + bad_;
  const bool all_answered = answered > 0 && sample_.empty();
  if (!all_answered && now - *doubted_at_ < rules.sample_patience) return;
  if (answered > 0 && good_ >= rules.clean_share * answered) {
    state_ = HostState::sick;
    accused_ = true;
    verdict.accused = true;
    verdict.doubted_since = *doubted_at_ - rules.doubt;
    verdict.why = fmt::format(
        "most results were lost at once, but {} of {} endpoints measured again are good", good_, answered);
  } else {
    state_ = HostState::well;  // it is real: the network is to blame
    is_cleared_ = true;
  }
  doubted_at_.reset();
}

HostVerdict HostGuard::on_tick(bool healthy, std::uint32_t suspects, std::uint32_t measured,
                               std::uint32_t aggregations, Timestamp now, const GuardRulesOfHost& rules) {
  while (!seconds_.empty() && now - seconds_.front().at > rules.mass_window) seconds_.pop_front();
  HostVerdict verdict;
  check_self(healthy, now, rules, verdict);
  if (state_ == HostState::doubted)
    weigh_sample(now, rules, verdict);
  else if (state_ == HostState::well)
    check_mass(is_mass_loss(suspects, measured, aggregations, rules), now, verdict);
  verdict.state = state_;
  return verdict;
}

}  // namespace faultline::decide
