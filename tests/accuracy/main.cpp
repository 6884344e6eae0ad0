// One simulation of one seed; prints what came of it as a line of JSON. accuracy.py runs it for each seed of
// each set and adds up.
#include "daemon/config/rule_file.h"
#include "tests/accuracy/ablation.h"
#include "tests/accuracy/baselines.h"
#include "tests/accuracy/score.h"
#include "tests/accuracy/simulation.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace faultline::accuracy {
namespace {

struct Arguments {
  NetworkPlan network;
  PlanOptions plan;
  CallOptions calls;
  SimulationOptions simulation;
  std::uint64_t seed = 1;
  std::string size = "S";
  std::vector<std::filesystem::path> rule_files;
  std::vector<std::string> ablations;
  bool no_power_data = false, no_alarms = false, baselines = false, remarks = false;
  bool silent_only = false;
};

void add_options(CLI::App& app, Arguments& a) {
  app.add_option("--seed", a.seed)->capture_default_str();
  app.add_option("--size", a.size, "S, M or L: 20, 80 or 400 aggregations")
      ->check(CLI::IsMember({"S", "M", "L"}))
      ->capture_default_str();
  app.add_option("--days", a.simulation.days, "the first of them is for learning")->capture_default_str();
  app.add_option("--interval", a.simulation.interval_s, "seconds between two rounds")->capture_default_str();
  app.add_option("--packets", a.simulation.packets, "of a round")->capture_default_str();
  app.add_option("--load", a.plan.load, "so many times the faults")->capture_default_str();
  app.add_option("--wrong-edges", a.network.wrong_edges, "share of the inventory that is wrong")
      ->capture_default_str();
  app.add_option("--probe-hosts", a.simulation.probe_hosts, "each with its share of the endpoints")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  app.add_option("--missing", a.simulation.missing, "share of the results that are not measured")
      ->capture_default_str();
  app.add_option("--skew", a.calls.clock_skew_s, "of the complaints' clock, seconds either way")
      ->capture_default_str();
  app.add_option("--call-delay", a.calls.delay_median_minutes, "median, minutes")->capture_default_str();
  app.add_option("--call-sigma", a.calls.delay_sigma)->capture_default_str();
  app.add_option("--far-share", a.calls.far_share, "so many more places 5 km off")->capture_default_str();
  app.add_option("--rules", a.rule_files, "rule files over the defaults");
  app.add_flag("--no-power-data", a.no_power_data, "the inventory knows no power feeds");
  app.add_option("--without", a.ablations, "leave an idea out, to see what it is worth")
      ->check(CLI::IsMember(std::vector<std::string>(kAblationNames.begin(), kAblationNames.end())));
  app.add_flag("--no-alarms", a.no_alarms, "no alarms of other systems");
  app.add_flag("--silent-only", a.silent_only,
               "only silent faults and no rounds: a day of complaints in a second");
  app.add_flag("--baselines", a.baselines, "the simple methods, too");
  app.add_flag("--remarks", a.remarks, "what went wrong, on stderr");
  app.add_option("--watch", a.simulation.watch, "an endpoint: all its rounds, on stderr");
  app.add_flag("--trace", a.simulation.trace, "every change of an incident, on stderr");
}

int run(Arguments a) {
  a.network.aggregations = a.size == "S" ? 20 : a.size == "M" ? 80 : 400;
  a.network.power_zones = !a.no_power_data;
  a.network.probe_hosts = a.plan.probe_hosts = a.simulation.probe_hosts;
  a.simulation.alarms = !a.no_alarms;
  a.simulation.rounds = !a.silent_only;
  a.plan.silent_only = a.silent_only;
  a.plan.days = a.calls.days = a.simulation.days;
  a.network.seed = a.plan.seed = a.calls.seed = a.simulation.seed = a.seed;
  auto rules = config::load_rules(a.rule_files);
  if (!rules) {
    fmt::print(stderr, "{}\n", rules.error().message);
    return 2;
  }
  for (const std::string& name : a.ablations) {
    const auto found = std::find(kAblationNames.begin(), kAblationNames.end(), name);
    const auto ablation = static_cast<Ablation>(found - kAblationNames.begin());
    a.simulation.bursts = a.simulation.bursts && ablation != Ablation::bursts;
    ablate(*rules, ablation);
  }
  const Network network = make_network(a.network);
  auto events = make_plan(network, a.plan);
  const auto calls = make_calls(network, events, a.calls);
  Baselines baselines(network, events);
  RoundWatcher watcher;
  if (a.baselines) watcher = [&](const Round& round, std::int64_t second) { baselines.on(round, second); };
  const auto result = simulate(network, events, calls, std::make_shared<const RuleSet>(std::move(*rules)),
                               a.simulation, watcher);
  const Score score = judge(network, events, calls, result.tickets, &result.ledger);
  if (a.remarks)
    for (const auto& remark : score.remarks) fmt::print(stderr, "{}\n", remark);
  fmt::print(
      R"({{"seed":{},"days":{},"endpoints":{},"calls":{},"rounds":{},"packets":{},"bursts":{},"burst_packets":{},)"
      R"("pipeline_us_a_round":{:.3f},"worst_tick_ms":{:.2f},"wall_s":{:.1f},{})",
      a.seed, a.simulation.days, network.topology->endpoints().size(), calls.size(), result.rounds,
      result.packets, result.bursts, result.burst_packets,
      1e6 * result.pipeline_s / static_cast<double>(std::max<std::uint64_t>(result.rounds, 1)),
      result.worst_tick_ms, result.wall_s, to_json(score));
  if (a.baselines) {
    baselines.complaints(calls);
    for (const auto& [name, tickets] : baselines.tickets())
      fmt::print(R"(,"{}":{{{}}})", name, to_json(judge(network, events, calls, tickets, nullptr)));
  }
  fmt::print("}}\n");
  return 0;
}

}  // namespace
}  // namespace faultline::accuracy

int main(int argc, char** argv) {
  faultline::accuracy::Arguments arguments;
  CLI::App app{"Simulates an operator's network and judges the tickets"};
  faultline::accuracy::add_options(app, arguments);
  CLI11_PARSE(app, argc, argv);
  return faultline::accuracy::run(std::move(arguments));
}
