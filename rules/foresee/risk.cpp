#include "rules/foresee/risk.h"

#include <algorithm>
#include <cmath>

namespace faultline::foresee {
namespace {

// Counts spread over decades: the second bad hour says less than the first. A scale is a factor already.
double straightened(std::size_t factor, double value) {
  if (static_cast<RiskFactor>(factor) == RiskFactor::scale_growth) return std::log(std::max(1.0, value));
  return std::log1p(std::max(0.0, value));
}
double as_measured(std::size_t factor, double straight) {
  return static_cast<RiskFactor>(factor) == RiskFactor::scale_growth ? std::exp(straight)
                                                                     : std::expm1(straight);
}

}  // namespace

void RiskTable::add(EndpointIndex endpoint, const RiskFactors& factors) {
  Row& row = rows_.emplace_back();
  row.endpoint = endpoint;
  for (std::size_t f = 0; f < kRiskFactorCount; ++f) {
    const double x = straightened(f, factors[f]);
    row.straight[f] = static_cast<float>(x);
    sums_[f] += x;
    squares_[f] += x * x;
  }
}

std::vector<RiskItem> RiskTable::worst(const RiskRules& rules) const {
  const auto n = static_cast<double>(std::max<std::size_t>(1, rows_.size()));
  std::array<double, kRiskFactorCount> mean{}, deviation{};
  for (std::size_t f = 0; f < kRiskFactorCount; ++f) {
    mean[f] = sums_[f] / n;
    deviation[f] = std::sqrt(std::max(0.0, squares_[f] / n - mean[f] * mean[f]));
  }
  const auto contribution = [&](const Row& row, std::size_t f) {
    if (deviation[f] < 1e-6) return 0.0;  // the same everywhere
    const double z = (row.straight[f] - mean[f]) / deviation[f];
    return rules.weights[f] * std::clamp(z, -rules.largest_z, rules.largest_z);
  };
  std::vector<std::pair<double, const Row*>> ranked;
  for (const Row& row : rows_) {
    double sum = 0;
    bool is_listed = false;
    for (std::size_t f = 0; f < kRiskFactorCount; ++f) {
      const double c = contribution(row, f);
      sum += c;
      is_listed = is_listed || (c > 0 && row.straight[f] > 0);
    }
    if (is_listed && sum > 0) ranked.emplace_back(sum, &row);
  }
  const auto listed = static_cast<std::ptrdiff_t>(std::min<std::size_t>(rules.listed, ranked.size()));
  std::partial_sort(ranked.begin(), ranked.begin() + listed, ranked.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second->endpoint < b.second->endpoint;
  });
  std::vector<RiskItem> items;
  for (auto it = ranked.begin(); it != ranked.begin() + listed; ++it) {
    const Row& row = *it->second;
    RiskItem& item = items.emplace_back();
    item.endpoint = row.endpoint;
    item.score = 1 / (1 + std::exp(-rules.bias - it->first));
    for (std::size_t f = 0; f < kRiskFactorCount; ++f)
      if (const double c = contribution(row, f); c > 0 && row.straight[f] > 0)
        item.reasons.push_back({static_cast<RiskFactor>(f), as_measured(f, row.straight[f]), c});
    std::sort(item.reasons.begin(), item.reasons.end(),
              [](const RiskReason& a, const RiskReason& b) { return a.contribution > b.contribution; });
  }
  return items;
}

}  // namespace faultline::foresee
