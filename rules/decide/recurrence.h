// When things broke before: what comes back at the same hours of several days is load, and no broken machine
// (D.6). Kept for a week by root; one thread.
#pragma once

#include "rules/model/decide_rules.h"
#include "rules/model/incident.h"
#include "rules/model/time.h"

#include <map>
#include <vector>

namespace faultline::decide {

class Recurrence {
 public:
  // A fault of this root that was told began then. Call in the order of time, roughly.
  void note(const Root& root, Timestamp onset);
  // On how many other days of the last week one of its faults began at this time of day, within
  // rules.same_hour.
  std::size_t other_days(const Root& root, Timestamp onset, const CauseRules& rules) const;
  bool is_daily(const Root& root, Timestamp onset, const CauseRules& rules) const {
    return other_days(root, onset, rules) >= rules.recurs_days;
  }

 private:
  void forget(Timestamp now);

  std::map<Root, std::vector<Timestamp>> onsets_;
  Timestamp forgot_{};
};

}  // namespace faultline::decide
