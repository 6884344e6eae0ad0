#include "daemon/inventory/inventory.h"

#include "daemon/inventory/graph_check.h"
#include "daemon/inventory/rows.h"
#include "daemon/inventory/table.h"

#include <utility>

namespace faultline::inventory {

const std::string& source_of(const EndpointAccess& access, ProbeSource source) {
  if (source == ProbeSource::device) return access.device;
  if (source == ProbeSource::name) return access.name;
  return source == ProbeSource::agent && !access.agent.empty() ? access.agent : access.address;
}

namespace {

struct Rows {
  std::vector<NodeRow> nodes;
  std::vector<EndpointRow> endpoints;
};

Rows read_rows(const config::Config& config, config::Problems& problems) {
  Rows rows;
  const config::InventoryConfig& source = config.inventory;
  bool nodes_are_complete = true;
  if (source.nodes.is_given())
    nodes_are_complete = read_table(source.nodes, kNodeColumns, problems,
                                    [&](const Row& row) { rows.nodes.push_back(read_node_row(row)); });
  const std::size_t before = problems.count();
  if (!source.endpoints.is_given()) return rows;  // reported by the configuration
  read_table(source.endpoints, kEndpointColumns, problems,
             [&](const Row& row) { rows.endpoints.push_back(read_endpoint_row(row, config)); });
  if (rows.endpoints.empty() && problems.count() == before)
    problems.add(source.endpoints.named_in, source.endpoints.at,
                 source.endpoints.key + ": there are no endpoints; add at least one");
  check_graph(rows.nodes, source.nodes.file, rows.endpoints, source.endpoints.file, nodes_are_complete,
              problems);
  return rows;
}

}  // namespace

Inventory load_inventory(const config::Config& config, const Topology* previous, config::Problems& problems) {
  const std::size_t before = problems.count();
  Rows rows = read_rows(config, problems);
  if (problems.count() != before || !config.inventory.endpoints.is_given()) return {};

  std::vector<NodeRecord> nodes;
  std::vector<EndpointRecord> endpoints;
  std::vector<std::string> names;
  nodes.reserve(rows.nodes.size());
  endpoints.reserve(rows.endpoints.size());
  names.reserve(rows.endpoints.size());
  for (NodeRow& row : rows.nodes) nodes.push_back(std::move(row.record));
  for (EndpointRow& row : rows.endpoints) {
    names.push_back(row.record.endpoint.name);
    endpoints.push_back(std::move(row.record));
  }
  Result<std::shared_ptr<const Topology>> topology =
      Topology::build(std::move(nodes), std::move(endpoints), previous);
  if (!topology) {
    problems.add(config.inventory.endpoints.file, {}, topology.error().message);
    return {};
  }
  Inventory inventory{std::move(*topology), {}};
  inventory.access.resize(inventory.topology->endpoints().size());
  for (std::size_t i = 0; i < names.size(); ++i)
    inventory.access[inventory.topology->find_endpoint(names[i])->value] =
        std::move(rows.endpoints[i].access);
  return inventory;
}

}  // namespace faultline::inventory
