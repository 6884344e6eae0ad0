#include "rules/model/root_name.h"

#include <variant>

namespace faultline {

std::string root_name(const Root& root, const Topology& topology) {
  if (const auto* node = std::get_if<NodeIndex>(&root)) return topology.node(*node).name;
  if (const auto* endpoint = std::get_if<EndpointIndex>(&root)) return topology.endpoint(*endpoint).name;
  std::string names;
  for (const NodeIndex node : std::get<Area>(root).nodes)
    names += (names.empty() ? "" : ", ") + topology.node(node).name;
  return names.empty() ? "area" : names;
}

}  // namespace faultline
