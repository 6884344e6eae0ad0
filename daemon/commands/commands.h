// The program's commands, one file each. Each adds itself to the command line and, when chosen, runs and
// gives the exit status: 0 good, 1 something failed while running, 2 usage or configuration. Output for
// people goes to standard output, complaints to standard error.
#pragma once

#include <filesystem>
#include <functional>

namespace CLI {
class App;
}

namespace faultline::commands {

inline constexpr int kGood = 0, kFailed = 1, kBadUsage = 2;

struct Context {
  std::filesystem::path config = "/etc/faultline/faultline.yaml";  // --config
  std::function<int()> chosen;                                     // set by the command that was given
};

void add_run(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_probe(CLI::App& app, Context& context);
void add_replay(CLI::App& app, Context& context);
void add_incidents(CLI::App& app, Context& context);
void add_inventory_suspects(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_backup(CLI::App& app, Context& context);
void add_reflector(CLI::App& app, Context& context);

}  // namespace faultline::commands
