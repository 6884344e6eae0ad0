// The sections of a rule file, one reader each. Private to rule_file*.cpp.
#pragma once

#include "daemon/config/rule_binder.h"
#include "rules/model/rule_set.h"

namespace faultline::config {

// Each reads its top-level section over what `rules` holds; they check what ranges alone cannot.
void bind_detect(Binder section, DetectRules& rules);        // rule_file_detect.cpp
void bind_correlate(Binder section, CorrelateRules& rules);  // rule_file_correlate.cpp
void bind_decide(Binder section, DecideRules& rules);        // rule_file_decide.cpp
void bind_causes(Binder section, CauseRules& rules);         // rule_file_decide.cpp
void bind_foresee(Binder section, ForeseeRules& rules);      // rule_file_foresee.cpp

}  // namespace faultline::config
