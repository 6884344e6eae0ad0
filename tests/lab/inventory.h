// The inventory as the lab needs it: the graph, and which addresses and modem devices there are. Made by
// reading the daemon's files or by the generator; the rest of the lab knows neither.
#pragma once

#include "rules/model/result.h"
#include "rules/model/topology.h"
#include "tests/lab/address.h"
#include "tests/lab/emulator.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace faultline::lab {

struct InventoryRows {
  std::vector<NodeRecord> nodes;
  std::vector<EndpointRecord> endpoints;
  std::vector<std::string> addresses, devices;  // by endpoint; may be empty
};

struct LabInventory {
  std::shared_ptr<const Topology> topology;
  std::vector<std::string> devices;     // by EndpointIndex; empty without one
  std::vector<std::uint32_t> host_of;   // by EndpointIndex; AddressTable::kNone without a literal address
  std::vector<EmulatedHost> hosts;      // one per address, the references last
  std::vector<std::string> host_names;  // the endpoint's name, or "reference"
  std::uint32_t first_reference = 0;    // index in hosts

  std::vector<Address> addresses() const;  // by host
};

// Fails on what Topology::build refuses, and on an address that is given twice or is the lab's own.
Result<LabInventory> make_lab_inventory(InventoryRows rows);

// nodes.csv and endpoints.csv in `directory`.
Result<InventoryRows> read_inventory(const std::filesystem::path& directory);
// Writes those two and maintenance.csv.
Result<void> write_inventory(const InventoryRows& rows, const std::filesystem::path& directory);

}  // namespace faultline::lab
