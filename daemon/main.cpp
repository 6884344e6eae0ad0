// faultline: the daemon and its tools. Only the command line is here; see commands/ and app/.
#include "daemon/app/version.h"
#include "daemon/commands/commands.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) try {
  using namespace faultline::commands;  // NOLINT(google-build-using-namespace)
  CLI::App app{
      "Faultline watches a telecom network by probes and complaints, and keeps one ticket per fault."};
  app.set_version_flag("--version", std::string("faultline ") + faultline::app::kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  Context context;
  app.add_option("-c,--config", context.config, "configuration file")->capture_default_str();
  for (const auto add : {add_run, add_check, add_probe, add_replay, add_incidents, add_inventory_suspects,
                         add_report, add_backup, add_reflector})
    add(app, context);
  app.footer("Start with `faultline check`: it says what a configuration would do, and every mistake in it.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kBadUsage;
  }
  const int result = context.chosen();
  // Of what runs on only the log goes there, and it has done its work without.
  const bool is_answer = !app.got_subcommand("run") && !app.got_subcommand("reflector");
  if (!is_answer || result != kGood || (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)) return result;
  std::fputs("faultline: the output could not be written: is the disk full?\n", stderr);
  return kFailed;
} catch (const std::exception& error) {
  std::fprintf(stderr, "faultline: %s\n", error.what());
  return faultline::commands::kFailed;
}
