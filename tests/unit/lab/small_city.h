// Two rings, a power zone across them, four endpoints: the smallest inventory that shows the graph.
//
//   core ── agg-1 ── site-1 ── cell-1 (lte, modem)      zone-1 feeds site-1 and olt-1
//      │        └─── olt-1 ─── line-1 (gpon, its ONU in a row of the agent 10.254.0.1)
//      └─── agg-2 ── site-2 ── cell-2 (nr, 60 km away)
//      └─── lost (no place)
#pragma once

#include "tests/lab/inventory.h"

#include <gtest/gtest.h>

namespace faultline::lab::test {

inline LabInventory small_city() {
  InventoryRows rows;
  const auto node = [&](const char* name, NodeKind kind, std::vector<ParentName> parents) {
    NodeRecord record;
    record.node.name = name;
    record.node.kind = kind;
    record.parents = std::move(parents);
    rows.nodes.push_back(std::move(record));
  };
  const auto endpoint = [&](const char* name, Technology technology, const char* parent, const char* address,
                            std::optional<Place> place) {
    EndpointRecord record;
    record.endpoint.name = name;
    record.endpoint.technology = technology;
    record.endpoint.place = place;
    record.endpoint.coverage_m = 500;
    record.endpoint.customers = 100;
    record.parents = {{EdgeKind::transport, parent}};
    rows.endpoints.push_back(std::move(record));
    rows.addresses.emplace_back(address);
    rows.devices.emplace_back(std::string(name) == "cell-1" ? "modems/cell-1" : "");
    rows.agents.emplace_back(technology == Technology::gpon ? "10.254.0.1/4194304000.0" : "");
  };
  using enum EdgeKind;
  node("core", NodeKind::core, {});
  node("zone-1", NodeKind::power, {});
  node("agg-1", NodeKind::aggregation, {{transport, "core"}});
  node("agg-2", NodeKind::aggregation, {{transport, "core"}});
  node("site-1", NodeKind::site, {{transport, "agg-1"}, {power, "zone-1"}});
  node("olt-1", NodeKind::olt, {{transport, "agg-1"}, {power, "zone-1"}});
  node("site-2", NodeKind::site, {{transport, "agg-2"}});
  endpoint("cell-1", Technology::lte, "site-1", "10.16.0.1", Place{46.0, 5.0});
  endpoint("line-1", Technology::gpon, "olt-1", "fd00:fa17::2", Place{46.01, 5.0});
  endpoint("cell-2", Technology::nr, "site-2", "10.16.0.3", Place{46.5, 5.2});
  endpoint("lost", Technology::ip, "core", "10.16.0.4", std::nullopt);
  auto inventory = make_lab_inventory(std::move(rows));
  EXPECT_TRUE(inventory) << inventory.error().message;
  return *std::move(inventory);
}

inline EndpointIndex endpoint_named(const LabInventory& inventory, std::string_view name) {
  return *inventory.topology->find_endpoint(name);
}

}  // namespace faultline::lab::test
