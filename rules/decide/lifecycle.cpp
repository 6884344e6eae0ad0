#include "rules/decide/lifecycle.h"

#include <algorithm>
#include <cmath>

namespace faultline::decide {
namespace {

LifecycleStep while_suspected(const LifecycleFacts& facts, const DecideRules& rules) {
  const auto stay = [](LifecycleReason reason) { return LifecycleStep{IncidentState::suspected, reason}; };
  if (facts.complaint_only) {
    if (!facts.complaints_hold) return {IncidentState::withdrawn, LifecycleReason::blip};
    if (facts.quiet >= rules.ending.complaints_quiet)
      return {IncidentState::withdrawn, LifecycleReason::complaints_ceased};
  } else if (facts.bad == 0) {
    if (facts.missing_share > 0.5) return stay(LifecycleReason::waiting);  // missing is not good
    return {IncidentState::withdrawn, LifecycleReason::blip};
  }
  if (facts.blocked) return stay(LifecycleReason::held_by_guard);
  if (facts.now - facts.suspected_at < facts.hold) return stay(LifecycleReason::waiting);
  if (facts.log_odds < facts.threshold) return stay(LifecycleReason::unsure);
  if (!facts.complaint_only &&
      (facts.fresh == 0 || facts.fresh_bad < rules.opening.fresh_bad_share * facts.fresh))
    return stay(LifecycleReason::not_remeasured);
  if (!facts.parent_measured && facts.now - facts.suspected_at < rules.opening.parent_patience)
    return stay(LifecycleReason::parent_unmeasured);
  return {IncidentState::open, LifecycleReason::passed_hold};
}

LifecycleStep while_open(const LifecycleFacts& facts, const DecideRules& rules) {
  if (facts.complaint_only) {
    if (facts.quiet >= rules.ending.complaints_quiet)
      return {IncidentState::resolved, LifecycleReason::complaints_ceased};
    return {IncidentState::open, LifecycleReason::none};
  }
  if (facts.bad == 0 && facts.recovered_share >= rules.ending.fresh_share)
    return {IncidentState::recovering, LifecycleReason::no_member_bad};
  return {IncidentState::open, LifecycleReason::none};
}

LifecycleStep while_recovering(const LifecycleFacts& facts, const DecideRules& rules) {
  if (facts.bad > 0) return {IncidentState::open, LifecycleReason::bad_again};
  if (facts.recovered_at && facts.now - *facts.recovered_at >= facts.recovery &&
      facts.recovered_share >= rules.ending.fresh_share)
    return {IncidentState::resolved, LifecycleReason::stayed_good};
  return {IncidentState::recovering, LifecycleReason::waiting};
}

}  // namespace

LifecycleStep next_step(const LifecycleFacts& facts, const DecideRules& rules) {
  switch (facts.state) {
    case IncidentState::suspected:
      return while_suspected(facts, rules);
    case IncidentState::open:
      return while_open(facts, rules);
    case IncidentState::recovering:
      return while_recovering(facts, rules);
    case IncidentState::resolved:
      if (facts.resolved_at && facts.now - *facts.resolved_at >= rules.ending.close)
        return {IncidentState::closed, LifecycleReason::reopen_over};
      break;
    default:
      break;
  }
  return {facts.state, LifecycleReason::none};
}

double opening_threshold(std::uint64_t customers, const OpeningRules& rules) {
  const double affected = std::max(1.0, static_cast<double>(customers));
  return rules.base_nats + std::max(0.0, std::log(rules.customers / affected));
}

Duration recovery_time(std::uint32_t reopens, const EndingRules& rules) {
  const Duration doubled = rules.recovery * (1LL << std::min(reopens, rules.doublings));
  return std::min(doubled, std::max(rules.longest_recovery, rules.recovery));
}

}  // namespace faultline::decide
