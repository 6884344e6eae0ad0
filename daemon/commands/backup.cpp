// faultline backup FILE: a consistent copy of the database, also while the daemon runs.
#include "daemon/commands/commands.h"
#include "daemon/config/config.h"
#include "daemon/store/store.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>

namespace faultline::commands {

void add_backup(CLI::App& app, Context& context) {
  static std::filesystem::path file;
  CLI::App* command = app.add_subcommand("backup", "copy the database, also while the daemon runs");
  command->add_option("file", file, "where to; an old file is replaced once the copy is whole")->required();
  command->callback([&context] {
    context.chosen = [&context] {
      config::Problems problems;
      const auto config = config::load_config(context.config, problems);
      if (!config || !problems.empty()) {
        std::fprintf(stderr, "%s\n", problems.text().c_str());
        return kBadUsage;
      }
      if (const auto copied = store::backup_file(config->store.path, file); !copied) {
        std::fprintf(stderr, "faultline backup: %s\n", copied.error().message.c_str());
        return kFailed;
      }
      std::printf("%s: copied to %s\n", config->store.path.c_str(), file.c_str());
      return kGood;
    };
  });
}

}  // namespace faultline::commands
