// Who still calls about a fault that is over. Such calls are no new fault; what comes on top of them may be
// one: below a node they are expected besides what is usual, so that a part of what was repaired that fails
// again, silently, is not taken for late callers all evening. How many still call is learnt from the fault's
// other places (D.5 with its own callers as the measure).
#pragma once

#include "rules/correlate/attach.h"
#include "rules/correlate/located.h"
#include "rules/model/correlate_rules.h"

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace faultline::correlate {

class LateCalls {
 public:
  // The faults that are over (those of the targets that have recovered) as of now. Forgets what was heard.
  void begin(const Footprints& footprints, std::span<const AttachTarget> targets, Timestamp after,
             Timestamp now, const CorrelateRules& rules);
  // A call about that fault, received since it was over. Answers where it may count as something new: only
  // below nodes that hold a part of the fault, for of the whole of it there is nothing to compare with.
  Located hear(IncidentNumber fault, const Located& located);
  void clear();  // another topology

  // Calls expected of all of them together, after `after` and until now.
  double expected(NodeIndex node, Timestamp after) const;
  double expected(EndpointIndex endpoint, Timestamp after) const;

 private:
  struct Fault {
    Timestamp onset, recovered;
    std::size_t affected = 0;
    double all = 0;                               // who would call in the end
    std::unordered_map<NodeIndex, double> nodes;  // of them, by where they are
    std::unordered_map<EndpointIndex, double> endpoints;
    double heard = 0;
    std::unordered_map<NodeIndex, double> heard_at;
  };
  static Fault fault_of(const Topology& topology, const AttachTarget& target, const CallInRules& rules);
  bool is_part(double callers, const Fault& fault) const { return callers <= part_ * fault.all; }
  double share_of(const Fault& fault, Timestamp after) const;
  double factor(const Fault& fault, double callers, double heard) const;

  std::map<IncidentNumber, Fault> faults_;
  Timestamp after_{}, now_{};
  double part_ = 0, prior_ = 0, after_recovery_ = 0;
  CallInRules call_in_;
};

}  // namespace faultline::correlate
