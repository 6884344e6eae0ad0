#include "tests/lab/inventory.h"

#include "tests/lab/netns.h"

#include <fmt/format.h>

#include <utility>

namespace faultline::lab {
namespace {

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
  add_references(inventory);
  if (auto ok = check_addresses(inventory); !ok) return tl::make_unexpected(ok.error());
  return inventory;
}

}  // namespace faultline::lab
