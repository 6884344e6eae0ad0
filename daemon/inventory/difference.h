// What a reload would change, as lists of things: for the log and for the application, which tells the packet
// engine and the session scheduler about the endpoints in them. Pure.
#pragma once

#include "daemon/config/config.h"
#include "daemon/inventory/inventory.h"

#include <string>
#include <vector>

namespace faultline::inventory {

struct InventoryDifference {
  // Indexes are the same in both topologies (the new one was built from the old one); all lists are sorted.
  std::vector<EndpointIndex> added_endpoints, removed_endpoints;
  std::vector<EndpointIndex> changed_endpoints;   // anything about them, their probes included
  std::vector<EndpointIndex> reprobed_endpoints;  // of those: address, device or a probe's settings
  std::vector<NodeIndex> added_nodes, removed_nodes, changed_nodes;
  std::vector<std::string> added_profiles, removed_profiles, changed_profiles;  // by name

  bool is_empty() const;
  // One line for the log, counts only: "endpoints: 3 added, 1 removed; profiles: 1 changed", or "nothing".
  std::string summary() const;
};

InventoryDifference compare(const config::Config& old_config, const Inventory& old_inventory,
                            const config::Config& new_config, const Inventory& new_inventory);

}  // namespace faultline::inventory
