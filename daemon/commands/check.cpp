// faultline check: what a configuration would do, or every mistake in it.
#include "daemon/config/check.h"

#include "daemon/app/setup.h"
#include "daemon/commands/commands.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace faultline::commands {

void add_check(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("check", "say what the configuration would do, or every mistake in it");
  command->add_option("file", context.config, "the configuration file, as with --config");
  command->callback([&context] {
    context.chosen = [&context] {
      config::Problems problems;
      const auto setup = app::load_setup(context.config, nullptr, problems);
      const auto assessment = setup ? config::assess(setup->config, setup->inventory) : config::Assessment{};
      const auto text = config::check_text(context.config.string(), assessment,
                                           setup ? setup->maintenance.size() : 0, problems);
      std::fputs(text.c_str(), setup ? stdout : stderr);
      return setup ? kGood : kBadUsage;
    };
  });
}

}  // namespace faultline::commands
