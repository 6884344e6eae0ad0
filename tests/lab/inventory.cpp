#include "tests/lab/inventory.h"

#include "tests/lab/netns.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>
#include <utility>

namespace faultline::lab {
namespace {

struct AgentText {
  Address address;
  std::uint32_t port = 0, onu = 0;
};

std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// ADDRESS/PORT.ONU
std::optional<AgentText> parse_olt_row(std::string_view text) {
  const std::size_t slash = text.find('/'), dot = text.rfind('.');
  if (slash == std::string_view::npos || dot == std::string_view::npos || dot < slash) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  const auto port = whole_number(text.substr(slash + 1, dot - slash - 1));
  const auto onu = whole_number(text.substr(dot + 1));
  if (!address || !port || !onu) return std::nullopt;
  return AgentText{*address, *port, *onu};
}

void add_olts(LabInventory& inventory, const std::vector<std::string>& agents) {
  std::map<Address, std::uint32_t> known;
  inventory.onu_of.resize(inventory.topology->endpoints().size());
  for (std::uint32_t i = 0; i < agents.size() && i < inventory.onu_of.size(); ++i) {
    const auto agent = parse_olt_row(agents[i]);
    if (!agent) continue;
    const auto next = static_cast<std::uint32_t>(inventory.olts.size());
    const auto [found, is_new] = known.emplace(agent->address, next);
    if (is_new) {
      inventory.olts.push_back({static_cast<std::uint32_t>(inventory.hosts.size()), {}});
      inventory.hosts.push_back({agent->address, Technology::ethernet});
      inventory.host_names.emplace_back("agent");
    }
    inventory.olts[found->second].lines.push_back(EndpointIndex{i});
    inventory.onu_of[i] = OnuRow{found->second, agent->port, agent->onu};
  }
}

void add_references(LabInventory& inventory) {
  inventory.first_reference = static_cast<std::uint32_t>(inventory.hosts.size());
  const auto add = [&](std::string_view text) {
    inventory.hosts.push_back({*parse_address(text), Technology::ip});
    inventory.host_names.emplace_back("reference");
  };
  for (const std::string_view text : kReferencesV4) add(text);
  for (const std::string_view text : kReferencesV6) add(text);
}

Result<void> check_addresses(const LabInventory& inventory) {
  AddressTable table;
  const std::vector<Address> addresses = inventory.addresses();
  const std::uint32_t twice = table.build(addresses);
  if (twice != AddressTable::kNone)
    return fail(
        fmt::format("{}: the address {} is used twice (expected one endpoint or reference per address)",
                    inventory.host_names[twice], to_string(addresses[twice])));
  for (const std::string_view own : {kOwnAddressV4, kOwnAddressV6}) {
    const Address address = *parse_address(own);
    const auto* bytes = address.bytes.data();
    const std::uint32_t host = address.v6 ? table.find_v6(bytes) : table.find_v4(bytes);
    if (host != AddressTable::kNone)
      return fail(
          fmt::format("{}: the address {} is the prober's own in the lab", inventory.host_names[host], own));
  }
  return {};
}

}  // namespace

std::vector<Address> LabInventory::addresses() const {
  std::vector<Address> all;
  all.reserve(hosts.size());
  for (const EmulatedHost& host : hosts) all.push_back(host.address);
  return all;
}

Result<LabInventory> make_lab_inventory(InventoryRows rows) {
  LabInventory inventory;
  auto topology = Topology::build(std::move(rows.nodes), std::move(rows.endpoints));
  if (!topology) return tl::make_unexpected(topology.error());
  inventory.topology = *std::move(topology);
  inventory.devices = std::move(rows.devices);
  const auto endpoints = inventory.topology->endpoints();
  inventory.host_of.assign(endpoints.size(), AddressTable::kNone);
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto address = parse_address(rows.addresses[i]);
    if (!address) continue;
    inventory.host_of[i] = static_cast<std::uint32_t>(inventory.hosts.size());
    inventory.hosts.push_back({*address, endpoints[i].technology});
    inventory.host_names.push_back(endpoints[i].name);
  }
  add_olts(inventory, rows.agents);
  add_references(inventory);
  if (auto ok = check_addresses(inventory); !ok) return tl::make_unexpected(ok.error());
  return inventory;
}

}  // namespace faultline::lab
