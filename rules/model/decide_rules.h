// The numbers of rules/decide. Where each comes from is said in rules/defaults/decide.yaml.
#pragma once

namespace faultline {

struct DecideRules {};

}  // namespace faultline
