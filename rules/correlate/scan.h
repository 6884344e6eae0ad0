// Complaints that no incident explains, counted for every node they may lie under: is there more than usual,
// although every probe is good (algorithms C.2, C.3)? Called when a complaint arrives, for its ancestors
// only.
#pragma once

#include "rules/correlate/footprint.h"
#include "rules/correlate/located.h"
#include "rules/model/correlate_rules.h"
#include "rules/model/hypothesis.h"

#include <optional>
#include <span>

namespace faultline::correlate {

// ln mean over u of exp(C ln u - (u - 1) B): how much better an uplifted stream explains C complaints.
double uplift_nats(double complaints, double expected, const Mixture& uplift);
// P(X >= count) of the negative binomial with that mean and size.
double negative_binomial_tail(std::uint32_t count, double mean, double size);

// A complaint that counts: distinct customer, not explained. `located` must outlive it.
struct Unexplained {
  Timestamp received;
  const Located* located = nullptr;
};

// The best node over the newest complaint, if it passes the gate. `recent` in the order received, the newest
// last.
std::optional<Hypothesis> scan(const Footprints& footprints, std::span<const Unexplained> recent,
                               Timestamp now, const LocaliseRules& localise, const ScanRules& rules);

}  // namespace faultline::correlate
