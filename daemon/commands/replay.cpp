// faultline replay FILE: a recording through the rules, their actions as JSON lines.
#include "daemon/replay/replay.h"

#include "daemon/commands/commands.h"
#include "daemon/config/rule_file.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

namespace faultline::commands {

void add_replay(CLI::App& app, Context& context) {
  static std::filesystem::path file;
  static std::vector<std::filesystem::path> rules;
  CLI::App* command = app.add_subcommand(
      "replay", "put a recording (JSON lines) through the rules and print what they would do");
  command->add_option("file", file, "the recording; - for standard input")->required();
  command->add_option("--rules", rules, "rule files over the built-in defaults, later ones winning");
  command->callback([&context] {
    context.chosen = [] {
      auto loaded = config::load_rules(rules);
      if (!loaded) {
        std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
        return kBadUsage;
      }
      std::ifstream opened;
      if (file != "-") {
        opened.open(file);
        if (!opened) {
          std::fprintf(stderr, "faultline replay: %s cannot be read\n", file.c_str());
          return kBadUsage;
        }
      }
      const auto done = replay::replay(file == "-" ? std::cin : opened, std::cout,
                                       std::make_shared<const RuleSet>(*loaded));
      if (done) return kGood;
      std::fprintf(stderr, "faultline replay: %s: %s\n", file.c_str(), done.error().message.c_str());
      return kFailed;
    };
  });
}

}  // namespace faultline::commands
