// All numbers the rules go by, as data. The defaults live in rules/defaults/*.yaml, are embedded in the
// program and read by daemon/config/rule_file.*; an operator's rule file overrides any of them. Nothing in
// rules/ has a default of its own, so the YAML files are the one place to look.
#pragma once

#include "rules/model/correlate_rules.h"
#include "rules/model/decide_rules.h"
#include "rules/model/detect_rules.h"
#include "rules/model/foresee_rules.h"

namespace faultline {

struct RuleSet {
  DetectRules detect;
  CorrelateRules correlate;
  DecideRules decide;
  ForeseeRules foresee;
};

}  // namespace faultline
