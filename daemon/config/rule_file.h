// The rules' numbers: the defaults that are built in (rules/defaults/*.yaml) and an operator's files over
// them, later ones winning key by key. Called at start, at a reload and by `faultline check`; a set with any
// mistake is refused as a whole. Each stage's keys are bound in a file of their own (rule_file_detect.cpp …)
// and listed once, in rule_file.cpp.
#pragma once

#include "daemon/config/problem.h"
#include "rules/model/result.h"
#include "rules/model/rule_set.h"

#include <filesystem>
#include <optional>
#include <span>

namespace faultline::config {

// The built-in defaults alone. An error is a bug in them (a test reads them).
Result<RuleSet> default_rules();

// Defaults and files; the error lists every mistake of every file, a line each.
Result<RuleSet> load_rules(std::span<const std::filesystem::path> files);
// The same for a caller who collects problems of other files too: nothing if any was added here.
std::optional<RuleSet> load_rules(std::span<const std::filesystem::path> files, Problems& problems);
// One more text over `rules`, as a file named `shown_as` would be (tests, the replay reader).
bool apply_rules(std::string_view text, std::string_view shown_as, RuleSet& rules, Problems& problems);

}  // namespace faultline::config
