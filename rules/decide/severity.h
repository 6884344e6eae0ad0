// How bad an incident is (algorithms D.7): customers below what is bad, weighted by how bad it is.
#pragma once

#include "rules/model/decide_rules.h"
#include "rules/model/incident.h"
#include "rules/model/time.h"

#include <cstdint>
#include <optional>

namespace faultline::decide {

struct Impact {
  double weighted_customers = 0;  // U
  bool whole_network = false;     // core or upstream
  bool long_lasting = false;
};

// Weight of one endpoint's customers at that loss ratio.
double impact_weight(double loss_ratio, const SeverityRules& rules);
Severity severity_of(const Impact& impact, const SeverityRules& rules);

// Raises at once, lowers only after `lower_after` of less.
class SeverityMemory {
 public:
  SeverityMemory() = default;
  explicit SeverityMemory(Severity current) : current_(current) {}

  Severity update(Severity measured, Timestamp now, const SeverityRules& rules);
  Severity current() const { return current_; }
  // The clock was set back (rules/model/step_back.h).
  void set_back(Timestamp now, Duration by);

 private:
  Severity current_ = Severity::warning;
  std::optional<Timestamp> less_since_;
};

}  // namespace faultline::decide
