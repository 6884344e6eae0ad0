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
  std::vector<std::string> agents;              // the same; of all endpoints, or of none
};

// Where an OLT has the values of an endpoint's ONU: a row PORT.ONU of its tables.
struct OnuRow {
  std::uint32_t olt = 0;  // index in LabInventory::olts
  std::uint32_t port = 0, onu = 0;
};
struct LabOlt {
  std::uint32_t host = 0;            // index in LabInventory::hosts: where its SNMP agent is
  std::vector<EndpointIndex> lines;  // sorted
};

struct LabInventory {
  std::shared_ptr<const Topology> topology;
  std::vector<std::string> devices;    // by EndpointIndex; empty without one
  std::vector<std::uint32_t> host_of;  // by EndpointIndex; AddressTable::kNone without a literal address
  std::vector<std::optional<OnuRow>> onu_of;  // by EndpointIndex
  std::vector<LabOlt> olts;
  std::vector<EmulatedHost> hosts;      // one per address, the OLTs' agents and then the references last
  std::vector<std::string> host_names;  // the endpoint's name, or "agent" or "reference"
  std::uint32_t first_reference = 0;    // index in hosts

  std::vector<Address> addresses() const;  // by host
};

// Fails on what Topology::build refuses, and on an address that is given twice or is the lab's own. An agent
// that is written ADDRESS/PORT.ONU is an OLT of the lab; any other is left out.
Result<LabInventory> make_lab_inventory(InventoryRows rows);

// nodes.csv and endpoints.csv in `directory`.
Result<InventoryRows> read_inventory(const std::filesystem::path& directory);
// Writes those two and maintenance.csv.
Result<void> write_inventory(const InventoryRows& rows, const std::filesystem::path& directory);

}  // namespace faultline::lab
