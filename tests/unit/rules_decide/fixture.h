// The built-in rules for the tests of rules/decide.
#pragma once

#include "daemon/config/rule_file.h"
#include "rules/model/decide_rules.h"

#include <stdexcept>

namespace faultline::decide::test {

inline const Timestamp kStart = Timestamp(std::chrono::hours(500000));

inline const DecideRules& rules() {
  static const RuleSet all = [] {
    auto read = config::default_rules();
    if (!read) throw std::runtime_error(read.error().message);
    return *read;
  }();
  return all.decide;
}

}  // namespace faultline::decide::test
