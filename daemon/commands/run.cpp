// faultline run: the daemon, in the foreground.
#include "daemon/app/app.h"
#include "daemon/app/privileges.h"
#include "daemon/app/probing.h"
#include "daemon/commands/commands.h"

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace faultline::commands {
namespace {

// The sockets first, then away with the right to open more, and only then anything that starts a thread.
Result<std::unique_ptr<app::App>> start(const std::filesystem::path& config) {
  auto sockets = app::Probing::open_sockets();
  const auto dropped = app::drop_network_capabilities();
  if (!dropped) return tl::make_unexpected(dropped.error());
  if (!dropped->empty()) spdlog::info("privileges.dropped capabilities=\"{}\"", fmt::join(*dropped, " "));
  return app::App::create(config, std::move(sockets));
}

}  // namespace

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
      auto made = start(context.config);
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
