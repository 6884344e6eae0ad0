#include "tests/lab/commands.h"
#include "tests/lab/fault_state.h"
#include "tests/lab/files.h"
#include "tests/lab/inventory.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace faultline::lab {
namespace {

struct Phase {
  Duration from{0};
  std::optional<Duration> to;
  Condition condition;
};

// The times between the changes of the host's condition.
std::vector<Phase> phases_of(const Scenario& scenario, const LabInventory& inventory, std::uint32_t host) {
  const Topology& topology = *inventory.topology;
  const bool reference = host >= inventory.first_reference;
  const auto endpoint = topology.find_endpoint(inventory.host_names[host]);
  FaultState faults(topology);
  std::vector<Phase> phases(1);
  for (const ScenarioEvent& event : scenario.events) {
    if (const auto* fault = std::get_if<FaultEvent>(&event.what)) faults.begin(*fault, event.at);
    if (const auto* restore = std::get_if<RestoreEvent>(&event.what))
      faults.restore(restore->target, event.at);
    const Condition condition = reference ? faults.reference_condition() : faults.condition(*endpoint);
    if (condition == phases.back().condition) continue;
    phases.back().to = event.at;
    phases.push_back({event.at, std::nullopt, condition});
  }
  return phases;
}

std::optional<std::uint32_t> find_host(const LabInventory& inventory, const std::string& text) {
  if (const auto endpoint = inventory.topology->find_endpoint(text)) {
    const std::uint32_t host = inventory.host_of[endpoint->value];
    if (host != AddressTable::kNone) return host;
  }
  const auto address = parse_address(text);
  for (std::uint32_t i = 0; address && i < inventory.hosts.size(); ++i)
    if (inventory.hosts[i].address == *address) return i;
  return std::nullopt;
}

}  // namespace

int predict(const PredictArguments& arguments) {
  auto inventory = read_inventory(arguments.inventory).and_then([](InventoryRows rows) {
    return make_lab_inventory(std::move(rows));
  });
  if (!inventory) return usage_error(inventory.error().message);
  Scenario scenario;
  if (!arguments.scenario.empty()) {
    const std::string name = arguments.scenario.string();
    auto read = read_file(arguments.scenario).and_then([&](const std::string& text) {
      return parse_scenario(text, name);
    });
    if (!read) return usage_error(read.error().message);
    if (auto ok = check_targets(*read, *inventory->topology, name); !ok)
      return usage_error(ok.error().message);
    scenario = *std::move(read);
  }
  const auto host = find_host(*inventory, arguments.endpoint);
  if (!host)
    return usage_error(fmt::format(
        "--endpoint {}: expected an endpoint with a literal address, or an address", arguments.endpoint));
  const EmulatedHost& emulated = inventory->hosts[*host];
  const std::uint64_t key = host_key(arguments.seed, emulated.address);
  const HostProfile profile = host_profile(arguments.seed, emulated.address, emulated.technology);
  fmt::print("from_s,to_s,count,verdict,delay_ns,forward_ns,duplicate,reordered,forged,truncated\n");
  for (const Phase& phase : phases_of(scenario, *inventory, *host))
    for (std::uint32_t count = 0; count < arguments.packets; ++count) {
      const Fate f = fate_of(key, count, profile, phase.condition);
      fmt::print("{},{},{},{},{},{},{:d},{:d},{:d},{:d}\n", to_seconds(phase.from),
                 phase.to ? fmt::format("{}", to_seconds(*phase.to)) : "", count, name(f.verdict), f.delay_ns,
                 f.forward_ns, f.duplicate, f.reordered, f.forged, f.truncated);
    }
  return 0;
}

}  // namespace faultline::lab
