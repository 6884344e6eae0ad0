#include "rules/model/detect_rules.h"

#include <algorithm>
#include <cmath>

namespace faultline {

// By single precision, which takes half the time and is a thousand times finer than any scale.
double transformed(const MetricRule& rule, double value) {
  switch (rule.transform) {
    case Transform::ln:
      return std::log(static_cast<float>(std::max(value, 1e-3)));
    case Transform::ln_1p:
      return std::log(1.0F + static_cast<float>(std::max(value, 0.0)));
    case Transform::none:
      break;
  }
  return value;
}

double untransformed(const MetricRule& rule, double x) {
  switch (rule.transform) {
    case Transform::ln:
      return std::exp(x);
    case Transform::ln_1p:
      return std::expm1(x);
    case Transform::none:
      break;
  }
  return x;
}

}  // namespace faultline
