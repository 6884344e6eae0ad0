// The keys of the section `decide` (rules/defaults/decide.yaml).
#include "daemon/config/rule_file_sections.h"

namespace faultline::config {

void bind_decide(Binder, DecideRules&) {}

}  // namespace faultline::config
