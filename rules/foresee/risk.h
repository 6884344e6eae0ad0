// The weekly list of what is likely to fail: a logistic score of factors, each held against all endpoints.
// The factors are collected endpoint by endpoint, the scores follow at the end (one pass over 36 bytes an
// endpoint).
#pragma once

#include "rules/foresee/outlook.h"

#include <array>
#include <vector>

namespace faultline::foresee {

using RiskFactors = std::array<float, kRiskFactorCount>;  // as measured, >= 0; scale_growth is >= 1

class RiskTable {
 public:
  void add(EndpointIndex endpoint, const RiskFactors& factors);
  // The `listed` highest that anything speaks for.
  std::vector<RiskItem> worst(const RiskRules& rules) const;

 private:
  struct Row {
    EndpointIndex endpoint;
    RiskFactors straight{};  // logarithms
  };
  std::vector<Row> rows_;
  std::array<double, kRiskFactorCount> sums_{}, squares_{};
};

}  // namespace faultline::foresee
