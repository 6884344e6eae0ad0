// The keys of the section `correlate` (rules/defaults/correlate.yaml).
#include "daemon/config/rule_file_sections.h"

namespace faultline::config {

void bind_correlate(Binder, CorrelateRules&) {}

}  // namespace faultline::config
