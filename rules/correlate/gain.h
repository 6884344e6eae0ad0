// How much better "this node broke" explains what is measured below it than "each bad endpoint broke by
// itself" (algorithms B.1 to B.3). The formula only, on plain counts; which endpoints count is the
// localiser's business. Natural logarithms throughout.
#pragma once

#include "rules/model/correlate_rules.h"

#include <cstdint>
#include <span>

namespace faultline::correlate {

// What is measured in one child group of a node.
struct GroupEvidence {
  double bad_nats = 0;  // sum of the bad endpoints' log-likelihood ratios
  std::uint32_t bad = 0;
  std::uint32_t healthy = 0;

  bool measured() const { return bad + healthy > 0; }
};

struct Gain {
  double nats = 0;
  double spared = 0;  // beta and theta of the mixture point that fits best
  double spread = 1;
};

// ln(rate x window / year): the price of one more fault. `per_year` > 0.
double prior_nats(double per_year, Duration window);

// ln L1: the group is hit, and each of its endpoints is spared with probability `spared`.
double hit_nats(const GroupEvidence& group, double spared);

// The mixture over `spared` and `spread` of B.3. Groups without a measurement do not count.
Gain gain(double prior, std::span<const GroupEvidence> groups, const Mixture& spared, const Mixture& spread);

// Does the group belong to the footprint, at the mixture point that fits best?
bool is_hit(const GroupEvidence& group, const Gain& gain);

}  // namespace faultline::correlate
