// faultline run: the daemon, in the foreground.
#include "daemon/app/app.h"
#include "daemon/commands/commands.h"

#include <CLI/CLI.hpp>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <string>

namespace faultline::commands {

void add_run(CLI::App& app, Context& context) {
  static std::string level = "info";
  CLI::App* command =
      app.add_subcommand("run", "probe, judge and keep tickets until told to stop (SIGTERM); SIGHUP reloads");
  command->add_option("file", context.config, "the configuration file, as with --config");
  command->add_option("--log-level", level, "error, warn, info or debug")
      ->check(CLI::IsMember({"error", "warn", "info", "debug"}))
      ->capture_default_str();
  command->callback([&context] {
    context.chosen = [&context] {
      spdlog::set_level(spdlog::level::from_str(level));
      spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
      auto made = app::App::create(context.config);
      if (!made) {
        std::fprintf(stderr, "%s\n", made.error().message.c_str());
        return kBadUsage;
      }
      (*made)->run();
      return kGood;
    };
  });
}

}  // namespace faultline::commands
