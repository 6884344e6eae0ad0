#include "rules/decide/guard.h"

#include "rules/decide/explain.h"
#include "rules/model/step_back.h"

#include <fmt/format.h>

#include <chrono>

namespace faultline::decide {
namespace {

constexpr Duration kCountEvery = std::chrono::minutes(1);  // how many endpoints are measured changes slowly

}  // namespace

void HostGuard::note_round(bool lost, Timestamp at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  if (seconds_.empty() || seconds_.back().at < second) seconds_.push_back({second, 0, 0});
  ++seconds_.back().results;
  ++results_;
  if (!lost) return;
  ++seconds_.back().lost;
  ++lost_;
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
  step_back(counted_at_, now, by);
  for (auto* time : {&failing_since_, &passing_since_, &doubted_at_, &well_since_})
    if (*time) step_back(**time, now, by);
}

bool HostGuard::loses_much(const GuardRulesOfHost& rules) const {
  return results_ >= rules.mass_results && lost_ > rules.mass_lost_share * results_;
}

bool HostGuard::is_quiet(std::size_t troubled, Timestamp now, const GuardRulesOfHost& rules) const {
  if (troubled < rules.mass_aggregations) return true;
  const bool is_known = now - counted_at_ < kCountEvery;
  return is_known && !loses_much(rules) &&
         static_cast<double>(troubled) <= rules.mass_suspect_share * measured_;
}

bool HostGuard::is_mass_loss(std::uint32_t suspects, std::uint32_t measured, std::uint32_t aggregations,
                             const GuardRulesOfHost& rules) const {
  if (results_ < rules.mass_results || aggregations < rules.mass_aggregations) return false;
  return loses_much(rules) || suspects > rules.mass_suspect_share * measured;
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
  results_ = lost_ = 0;
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
  for (; !seconds_.empty() && now - seconds_.front().at > rules.mass_window; seconds_.pop_front()) {
    results_ -= seconds_.front().results;
    lost_ -= seconds_.front().lost;
  }
  if (measured > 0) {
    measured_ = measured;
    counted_at_ = now;
  }
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
