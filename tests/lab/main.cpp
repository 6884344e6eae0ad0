// faultline-lab: a virtual network to be wrong in.
#include "tests/lab/commands.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace {

using namespace faultline::lab;

void declare_run(CLI::App& app, RunArguments& a) {
  auto* run = app.add_subcommand(
      "run", "Run a program inside a virtual network that has every endpoint of an inventory");
  run->add_option("--inventory", a.inventory, "Directory with nodes.csv and endpoints.csv")->required();
  run->add_option("--scenario", a.scenario, "What happens, an event a line");
  run->add_option("--truth", a.truth, "Write what really happened as JSON");
  run->add_option("--packet-log", a.packet_log, "Write the truth of each packet as CSV at the end");
  run->add_option("--packet-log-limit", a.packet_log_limit, "Packets that the log keeps")
      ->capture_default_str();
  run->add_option("--seed", a.seed, "Another seed, other dice")->capture_default_str();
  run->add_option("--listen", a.listen, "ADDR:PORT outside, handed to the program as systemd would");
  run->add_option("--api", a.api, "The daemon's URL inside, for complaints: http://127.0.0.1:9464");
  run->add_option("--token-file", a.token_file, "Bearer token for it");
  run->add_option("--duration", a.duration_s, "Seconds until the program is ended");
  run->add_flag("--until-scenario-end", a.until_scenario_end, "End the program when the scenario is over");
  run->add_option("--stamp-key-file", a.stamp_key_file, "STAMP in authenticated mode with this key");
  run->add_flag("--stateless-stamp", a.stateless_stamp, "The reflector copies the sender's sequence");
  run->add_option("--modems", a.modems,
                  "Directory for the links to modems (default: modems in the inventory's)");
  run->add_flag("!--no-realtime", a.realtime, "Without real-time priority for the network's thread");
  run->add_flag("--quiet", a.quiet, "Say nothing about events and the summary");
  run->add_option("command", a.command,
                  "The program and its arguments, after --; without one the network just runs");
  run->positionals_at_end();
}

void declare_generate(CLI::App& app, GenerateArguments& a) {
  auto* generate = app.add_subcommand("generate", "Write an invented inventory");
  generate->add_option("--seed", a.seed, "Another seed, another city")->capture_default_str();
  generate->add_option("--size", a.size, "demo, or a number of endpoints to 1000000")->capture_default_str();
  generate->add_option("--output", a.output, "Directory for nodes.csv, endpoints.csv and maintenance.csv")
      ->required();
}

void declare_predict(CLI::App& app, PredictArguments& a) {
  auto* predict = app.add_subcommand("predict", "Say what becomes of each packet to an endpoint, as CSV");
  predict->add_option("--inventory", a.inventory, "Directory with nodes.csv and endpoints.csv")->required();
  predict->add_option("--scenario", a.scenario, "Also under each of its faults");
  predict->add_option("--seed", a.seed, "As given to run")->capture_default_str();
  predict->add_option("--endpoint", a.endpoint, "Its name, or a literal address")->required();
  predict->add_option("--packets", a.packets, "How many, from the first")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("faultline-lab: a virtual network to be wrong in");
  app.require_subcommand(1);
  RunArguments run_arguments;
  GenerateArguments generate_arguments;
  PredictArguments predict_arguments;
  declare_run(app, run_arguments);
  declare_generate(app, generate_arguments);
  declare_predict(app, predict_arguments);
  try {
    app.parse(argc, argv);
    if (app.got_subcommand("generate")) return generate(generate_arguments);
    if (app.got_subcommand("predict")) return predict(predict_arguments);
    return run(run_arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "faultline-lab: %s\n", error.what());
    return 1;
  }
}
