// Who is to be measured next on demand, within the budget (algorithms E): one token bucket for all, a minimum
// spacing per endpoint, and the more urgent reason first. One thread.
#pragma once

#include "rules/model/action.h"
#include "rules/model/correlate_rules.h"
#include "rules/model/index.h"
#include "rules/model/time.h"

#include <cstdint>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace faultline::correlate {

class BurstQueue {
 public:
  // An endpoint waits once; a more urgent reason replaces a less urgent one. One that had a burst less than
  // the spacing ago is left out, except for a suspicion, which waits.
  void ask(EndpointIndex endpoint, BurstReason reason, Timestamp now, const ProbeRules& rules);
  // Those whose turn it is now.
  std::vector<BurstRequested> take(Timestamp now, const ProbeRules& rules);
  void clear() { waiting_.clear(), entry_.clear(); }
  // The clock was set back (rules/model/step_back.h).
  void set_back(Timestamp now, Duration by);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  using Entry = std::tuple<BurstReason, std::uint64_t, EndpointIndex>;  // urgency, then order of asking
  bool is_too_soon(EndpointIndex endpoint, Timestamp now, const ProbeRules& rules) const;

  std::set<Entry> waiting_;
  std::unordered_map<EndpointIndex, Entry> entry_;
  std::unordered_map<EndpointIndex, Timestamp> last_;
  std::uint64_t asked_ = 0;
  double tokens_ = 0;
  Timestamp filled_{};
};

}  // namespace faultline::correlate
