// Everything that files say, read in one go: configuration, inventory, maintenance, rules. Used at the start,
// by a reload and by `faultline check`; either all of it is good or every mistake is told.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/problem.h"
#include "daemon/inventory/inventory.h"
#include "rules/model/maintenance.h"
#include "rules/model/rule_set.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace faultline::app {

struct Setup {
  config::Config config;
  inventory::Inventory inventory;
  std::vector<Maintenance> maintenance;  // of the file
  std::shared_ptr<const RuleSet> rules;
};

// With `previous`, same-named things keep their indexes. Nothing if `problems` has anything afterwards.
std::optional<Setup> load_setup(const std::filesystem::path& file, const Topology* previous,
                                config::Problems& problems);

// Runs `load` (load_setup). What a library throws is one more problem of the file: a reload that cannot be
// read must not end the daemon that runs.
std::optional<Setup> guarded_load(const std::function<std::optional<Setup>()>& load,
                                  const std::filesystem::path& file, config::Problems& problems);

}  // namespace faultline::app
