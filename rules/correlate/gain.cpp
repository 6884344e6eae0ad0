#include "rules/correlate/gain.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace faultline::correlate {
namespace {

constexpr double kSecondsPerYear = 365.25 * 86400;
// At spread 1 every group would be hit, whatever it shows; this keeps measured evidence above the prior.
constexpr double kLargestSpread = 0.95;

// ln(e^a + e^b) without overflow.
double add_logs(double a, double b) {
  const double high = std::max(a, b);
  if (high == -std::numeric_limits<double>::infinity()) return high;
  return high + std::log1p(std::exp(std::min(a, b) - high));
}

// ln of the product over the groups of spread x L1 + (1 - spread).
double product_nats(std::span<const GroupEvidence> groups, double spared, double spread) {
  const double hit = std::log(spread);
  const double missed = spread < 1 ? std::log1p(-spread) : -std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const GroupEvidence& group : groups)
    if (group.measured()) sum += add_logs(hit + hit_nats(group, spared), missed);
  return sum;
}

}  // namespace

double prior_nats(double per_year, Duration window) {
  return std::log(per_year * to_seconds(window) / kSecondsPerYear);
}

double hit_nats(const GroupEvidence& group, double spared) {
  return group.bad_nats + group.bad * std::log1p(-spared) + group.healthy * std::log(spared);
}

Gain gain(double prior, std::span<const GroupEvidence> groups, const Mixture& spared, const Mixture& spread) {
  double total = -std::numeric_limits<double>::infinity();
  double best = total;
  Gain result;
  for (const MixturePoint& beta : spared) {
    for (const MixturePoint& theta : spread) {
      const double term =
          std::log(beta.weight * theta.weight) + product_nats(groups, beta.value, theta.value);
      total = add_logs(total, term);
      if (term <= best) continue;
      best = term;
      result.spared = beta.value;
      result.spread = theta.value;
    }
  }
  result.nats = prior + total;
  return result;
}

bool is_hit(const GroupEvidence& group, const Gain& gain) {
  const double spread = std::min(gain.spread, kLargestSpread);
  return hit_nats(group, gain.spared) + std::log(spread / (1 - spread)) > 0;
}

}  // namespace faultline::correlate
