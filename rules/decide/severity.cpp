#include "rules/decide/severity.h"

#include "rules/model/step_back.h"

namespace faultline::decide {

double impact_weight(double loss_ratio, const SeverityRules& rules) {
  if (loss_ratio >= rules.hard_loss) return rules.weight_hard;
  if (loss_ratio >= rules.major_loss) return rules.weight_major;
  return rules.weight_minor;
}

Severity severity_of(const Impact& impact, const SeverityRules& rules) {
  int level = static_cast<int>(Severity::warning);
  const double customers = impact.weighted_customers;
  if (customers >= rules.critical || impact.whole_network)
    level = static_cast<int>(Severity::critical);
  else if (customers >= rules.major)
    level = static_cast<int>(Severity::major);
  else if (customers >= rules.minor)
    level = static_cast<int>(Severity::minor);
  if (impact.long_lasting && level > 0) --level;
  return static_cast<Severity>(level);
}

Severity SeverityMemory::update(Severity measured, Timestamp now, const SeverityRules& rules) {
  if (measured <= current_) {  // as bad or worse: critical is the smallest
    current_ = measured;
    less_since_.reset();
  } else if (!less_since_) {
    less_since_ = now;
  } else if (now - *less_since_ >= rules.lower_after) {
    current_ = measured;
    less_since_.reset();
  }
  return current_;
}

void SeverityMemory::set_back(Timestamp now, Duration by) {
  if (less_since_) step_back(*less_since_, now, by);
}

}  // namespace faultline::decide
