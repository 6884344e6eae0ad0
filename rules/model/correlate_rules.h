// The numbers of rules/correlate. Where each comes from is said in rules/defaults/correlate.yaml.
#pragma once

namespace faultline {

struct CorrelateRules {};

}  // namespace faultline
