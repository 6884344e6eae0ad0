// Complaints that no incident explains, counted for every node they may lie under: is there more than usual,
// although every probe is good (algorithms C.2, C.3)? Called when a complaint arrives, for its ancestors
// only.
#pragma once

#include "rules/correlate/complaint_counts.h"
#include "rules/correlate/footprint.h"
#include "rules/correlate/located.h"
#include "rules/correlate/usual.h"
#include "rules/model/correlate_rules.h"
#include "rules/model/hypothesis.h"

#include <optional>
#include <span>

namespace faultline::correlate {

// In the hours in which what was heard of the night is looked at again: at night few call, and they spread.
bool is_morning(Timestamp at, const ScanRules& rules);

// ln mean over u of exp(C ln u - (u - 1) B): how much better an uplifted stream explains C complaints.
double uplift_nats(double complaints, double expected, const Mixture& uplift);
// How many times as much as usual the rest of the network complains: what a place is to be held against,
// since a rise everywhere is not many faults. 1 where that may be chance. Negative numbers count as none.
double surge_factor(double heard_beside, double expected_beside, const ScanRules& rules);
// P(X >= count) of the negative binomial with that mean and size.
double negative_binomial_tail(std::uint32_t count, double mean, double size);

// How much better a fault at a node explains the complaints of its child groups than what is usual, in nats.
// All groups that are hit share one uplift; those that are not show what is usual, so quiet groups speak
// against a fault that should be heard from them, too. `elsewhere`: complaints at the node whose group is not
// sure.
struct GroupComplaints {
  double complaints = 0;
  double expected = 0;
};
double fault_nats(std::span<const GroupComplaints> groups, double elsewhere, const Mixture& uplift,
                  const Mixture& spread);

// The best root above the newest complaint, if it passes the gate. `newest` is where that one lies; it is
// among the counts.
std::optional<Hypothesis> scan(const Footprints& footprints, const ComplaintCounts& counts,
                               const Usual& usual, const Located& newest, Timestamp now,
                               const LocaliseRules& localise, const ScanRules& rules);

}  // namespace faultline::correlate
