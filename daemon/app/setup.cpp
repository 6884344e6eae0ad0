#include "daemon/app/setup.h"

#include "daemon/config/rule_file.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace faultline::app {

std::optional<Setup> load_setup(const std::filesystem::path& file, const Topology* previous,
                                config::Problems& problems) {
  auto config = config::load_config(file, problems);
  if (!config) return std::nullopt;
  Setup setup;
  setup.config = std::move(*config);
  setup.inventory = inventory::load_inventory(setup.config, previous, problems);
  if (setup.inventory.topology)
    setup.maintenance = inventory::load_maintenance(setup.config, *setup.inventory.topology, problems);
  if (auto rules = config::load_rules(setup.config.rules, problems))
    setup.rules = std::make_shared<const RuleSet>(std::move(*rules));
  if (!problems.empty() || !setup.inventory.topology || !setup.rules) return std::nullopt;
  return setup;
}

std::optional<Setup> guarded_load(const std::function<std::optional<Setup>()>& load,
                                  const std::filesystem::path& file, config::Problems& problems) {
  try {
    return load();
  } catch (const std::exception& error) {
    problems.add(file.string(), {},
                 fmt::format("could not be taken in: {}; look at memory, disk and the files it names, and "
                             "reload again",
                             error.what()));
    return std::nullopt;
  }
}

}  // namespace faultline::app
