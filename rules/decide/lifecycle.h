// The life cycle of an incident as one pure function: what is known of it → its next state and why. The only
// place that decides about opening, recovering, resolving and closing.
#pragma once

#include "rules/model/decide_rules.h"
#include "rules/model/incident.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace faultline::decide {

struct LifecycleFacts {
  IncidentState state = IncidentState::suspected;
  Timestamp now;
  Timestamp suspected_at;
  std::optional<Timestamp> recovered_at, resolved_at;
  Duration hold{};               // before opening, with everything that lengthens it
  double log_odds = 0;           // of the incident being real
  double threshold = 0;          // it must reach
  std::uint32_t bad = 0;         // members confirmed bad now
  std::uint32_t fresh = 0;       // members measured bad within opening.fresh or good within fresh_good,
  std::uint32_t fresh_bad = 0;   // of them bad
  bool complaints_hold = false;  // complaint-only: the scan's gate is passed and no probe speaks against it
  bool complaint_only = false;
  bool parent_measured = true;  // enough siblings of the root are measured to rule out its parent
  bool blocked = false;         // by the guard of the probe host
  double missing_share = 0;     // of the members: nothing is known of them now
  double recovered_share = 0;   // of the members: measured good since the last bad one
  Duration recovery{};          // H of this incident
  Duration quiet{};             // complaint-only: since the last complaint
};

enum class LifecycleReason : std::uint8_t {
  none,
  waiting,            // suspected, the hold is not over
  unsure,             // suspected, the odds are too low
  not_remeasured,     // suspected, too few members bad when measured again
  parent_unmeasured,  // suspected, could still be the node above
  held_by_guard,      // suspected, the probe host may be to blame
  passed_hold,        // → open
  blip,               // → withdrawn
  no_member_bad,      // → recovering
  bad_again,          // → open
  stayed_good,        // → resolved
  complaints_ceased,  // → resolved
  reopen_over,        // → closed
};
inline constexpr std::array<std::string_view, 13> kLifecycleReasonNames = {
    "none",          "waiting",           "unsure",     "not_remeasured", "parent_unmeasured",
    "held_by_guard", "passed_hold",       "blip",       "no_member_bad",  "bad_again",
    "stayed_good",   "complaints_ceased", "reopen_over"};
constexpr std::string_view name(LifecycleReason r) {
  return kLifecycleReasonNames[static_cast<std::size_t>(r)];
}

struct LifecycleStep {
  IncidentState next = IncidentState::suspected;
  LifecycleReason reason = LifecycleReason::none;
};

LifecycleStep next_step(const LifecycleFacts& facts, const DecideRules& rules);

// tau(A) of D.2: log odds that an incident with so many customers needs.
double opening_threshold(std::uint64_t customers, const OpeningRules& rules);
// H of D.4 after so many reopenings.
Duration recovery_time(std::uint32_t reopens, const EndingRules& rules);

}  // namespace faultline::decide
