#include "tests/scenarios/city.h"

#include <fmt/format.h>

namespace faultline::scenarios {
namespace {

constexpr double kLatitudePerKm = 1 / 111.2;
constexpr double kLongitudePerKm = 1 / 68.0;  // at 52 degrees

void add_site(const City& city, int ring, int site, Scenario& scenario) {
  const Place place{52.30 + site * kLatitudePerKm, 4.80 + 4 * ring * kLongitudePerKm};
  const std::string id = fmt::format("{}-{}", ring, site);
  NodeRecord node;
  node.node.name = "site-" + id;
  node.node.kind = NodeKind::site;
  node.node.place = place;
  node.parents = {{EdgeKind::transport, fmt::format("agg-{}", ring)}};
  if (city.zones > 0)
    node.parents.push_back({EdgeKind::power, fmt::format("zone-{}", (site - 1) % city.zones + 1)});
  scenario.nodes.push_back(node);

  EndpointRecord endpoint;
  endpoint.endpoint.place = place;
  const auto add = [&](const std::string& name, Technology technology, float coverage,
                       const std::string& parent) {
    endpoint.endpoint.name = name;
    endpoint.endpoint.technology = technology;
    endpoint.endpoint.coverage_m = coverage;
    endpoint.endpoint.customers = default_customers(technology);
    endpoint.parents = {{EdgeKind::transport, parent}};
    scenario.endpoints.push_back(endpoint);
  };
  for (int k = 1; k <= city.sectors; ++k)
    add(fmt::format("cell-{}-{}", id, k), Technology::lte, 600, "site-" + id);
  if (city.ports == 0) return;
  node.node.name = "olt-" + id;
  node.node.kind = NodeKind::olt;
  node.parents = {{EdgeKind::transport, "site-" + id}};
  scenario.nodes.push_back(node);
  for (int k = 1; k <= city.ports; ++k)
    add(fmt::format("port-{}-{}", id, k), Technology::gpon, 400, "olt-" + id);
}

}  // namespace

City city_from(const Line& line) {
  City city;
  const auto read = [&](const char* key, int& member) {
    member = static_cast<int>(line.number_of(key, member));
  };
  read("rings", city.rings);
  read("sites", city.sites);
  read("sectors", city.sectors);
  read("ports", city.ports);
  read("zones", city.zones);
  return city;
}

void add_city(const City& city, Scenario& scenario) {
  const auto add = [&](const std::string& name, NodeKind kind, std::vector<ParentName> parents) {
    NodeRecord record;
    record.node.name = name;
    record.node.kind = kind;
    record.parents = std::move(parents);
    scenario.nodes.push_back(std::move(record));
  };
  add("core", NodeKind::core, {});
  for (int z = 1; z <= city.zones; ++z) add(fmt::format("zone-{}", z), NodeKind::power, {});
  for (int r = 1; r <= city.rings; ++r) {
    add(fmt::format("agg-{}", r), NodeKind::aggregation, {{EdgeKind::transport, "core"}});
    for (int s = 1; s <= city.sites; ++s) add_site(city, r, s, scenario);
  }
}

}  // namespace faultline::scenarios
