#include "rules/correlate/gain.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace faultline::correlate {
namespace {

constexpr double kSecondsPerYear = 365.25 * 86400;
// At spread 1 every group would be hit, whatever it shows; this keeps measured evidence above the prior.
constexpr double kLargestSpread = 0.95;

// ln(e^a + e^b) without overflow.
double add_logs(double a, double b) {
  constexpr double kNegligible = 40;  // e^-40 is below the last bit
  const double high = std::max(a, b), low = std::min(a, b);
  if (high == -std::numeric_limits<double>::infinity() || high - low > kNegligible) return high;
  return high + std::log1p(std::exp(low - high));
}

// Groups that show the same count once: most groups of a large node have nothing but so many healthy
// endpoints.
struct Alike {
  GroupEvidence group;
  double count = 0;
};

std::vector<Alike> alike_groups(std::span<const GroupEvidence> groups) {
  std::vector<Alike> alike;
  std::vector<std::size_t>
      of_healthy;  // position in `alike`, by the number of healthy endpoints; 0 = none yet
  for (const GroupEvidence& group : groups) {
    if (!group.measured()) continue;
    if (group.bad > 0) {
      alike.push_back({group, 1});
      continue;
    }
    if (of_healthy.size() <= group.healthy) of_healthy.resize(group.healthy + 1);
    std::size_t& position = of_healthy[group.healthy];
    if (position == 0) {
      alike.push_back({group, 0});
      position = alike.size();
    }
    alike[position - 1].count += 1;
  }
  return alike;
}

// ln of the product over the groups of spread x L1 + (1 - spread); `hit` has the groups' ln L1.
double product_nats(std::span<const Alike> groups, std::span<const double> hit, double spread) {
  const double is_hit = std::log(spread);
  const double missed = spread < 1 ? std::log1p(-spread) : -std::numeric_limits<double>::infinity();
  double sum = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) sum += groups[i].count * add_logs(is_hit + hit[i], missed);
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
  const auto alike = alike_groups(groups);
  std::vector<double> hit(alike.size());
  for (const MixturePoint& beta : spared) {
    for (std::size_t i = 0; i < alike.size(); ++i) hit[i] = hit_nats(alike[i].group, beta.value);
    for (const MixturePoint& theta : spread) {
      const double term = std::log(beta.weight * theta.weight) + product_nats(alike, hit, theta.value);
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
