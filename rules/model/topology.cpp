#include "rules/model/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace faultline {
namespace {

// Joins lists built one by one into the two flat arrays.
template <typename Lists, typename T>
void flatten(const std::vector<std::vector<T>>& from, Lists& to) {
  to.begin.assign(1, 0);
  to.items.clear();
  for (const auto& list : from) {
    to.items.insert(to.items.end(), list.begin(), list.end());
    to.begin.push_back(static_cast<std::uint32_t>(to.items.size()));
  }
}

// Parents before children; fewer names than nodes means a loop.
std::vector<std::uint32_t> parents_first(std::span<const Node> nodes) {
  std::vector<std::uint32_t> open_parents(nodes.size()), order;
  std::vector<std::vector<std::uint32_t>> children(nodes.size());
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    open_parents[i] = static_cast<std::uint32_t>(nodes[i].parents.size());
    for (const ParentEdge& edge : nodes[i].parents) children[edge.parent.value].push_back(i);
    if (open_parents[i] == 0) order.push_back(i);
  }
  for (std::size_t next = 0; next < order.size(); ++next)
    for (std::uint32_t child : children[order[next]])
      if (--open_parents[child] == 0) order.push_back(child);
  return order;
}

// Breadth first from the parents upwards, each node once: nearest first.
std::vector<NodeIndex> ancestors_of(std::span<const ParentEdge> parents, std::span<const Node> nodes) {
  std::vector<NodeIndex> found;
  const auto add = [&](std::span<const ParentEdge> edges) {
    for (const ParentEdge& edge : edges)
      if (std::find(found.begin(), found.end(), edge.parent) == found.end()) found.push_back(edge.parent);
  };
  add(parents);
  for (std::size_t i = 0; i < found.size(); ++i) add(nodes[found[i].value].parents);
  return found;
}

}  // namespace

std::uint32_t default_customers(Technology technology) {
  switch (technology) {
    case Technology::lte:
    case Technology::nr:
      return 400;
    case Technology::umts:
    case Technology::gsm:
      return 200;
    case Technology::gpon:
    case Technology::xgspon:
      return 48;
    case Technology::docsis:
      return 250;
    case Technology::adsl:
    case Technology::vdsl:
      return 48;
    case Technology::fixed_wireless:
      return 60;
    case Technology::ip:
    case Technology::ethernet:
      break;
  }
  return 1;
}

Result<std::shared_ptr<const Topology>> Topology::build(std::vector<NodeRecord> nodes,
                                                        std::vector<EndpointRecord> endpoints,
                                                        const Topology* previous) {
  // make_shared cannot reach the private constructor.
  std::shared_ptr<Topology> built(new Topology);  // NOLINT(modernize-make-shared)

  // Known names keep their index; retired ones stay as empty shells. All names first, so that the vectors are
  // final before anything points into them.
  const auto place = [](auto& records, auto member, auto& all, auto& by_name,
                        std::string_view what) -> Result<void> {
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      known.emplace(all[i].name, i);
      all[i].retired = true;
      all[i].parents.clear();
    }
    std::vector<std::uint32_t> slot(records.size());
    std::uint32_t next = static_cast<std::uint32_t>(all.size());
    std::unordered_map<std::string_view, bool> seen;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const std::string& name = (records[i].*member).name;
      if (!seen.emplace(name, true).second) return fail(fmt::format("{} \"{}\" is given twice", what, name));
      const auto found = known.find(name);
      slot[i] = found == known.end() ? next++ : found->second;
    }
    known.clear();  // its views end with the resize
    all.resize(next);
    for (std::size_t i = 0; i < records.size(); ++i) all[slot[i]] = records[i].*member;
    for (std::uint32_t i = 0; i < all.size(); ++i)
      by_name.emplace(all[i].name, typename std::decay_t<decltype(by_name)>::mapped_type{i});
    return {};
  };
  if (previous != nullptr) {
    built->nodes_ = previous->nodes_;
    built->endpoints_ = previous->endpoints_;
  }
  if (auto ok = place(nodes, &NodeRecord::node, built->nodes_, built->node_by_name_, "node"); !ok)
    return tl::make_unexpected(ok.error());
  if (auto ok = place(endpoints, &EndpointRecord::endpoint, built->endpoints_, built->endpoint_by_name_,
                      "endpoint");
      !ok)
    return tl::make_unexpected(ok.error());

  const auto connect = [&](const auto& record, auto& thing) -> Result<void> {
    for (const ParentName& edge : record.parents) {
      const auto parent = built->node_by_name_.find(edge.parent);
      if (parent == built->node_by_name_.end() || built->nodes_[parent->second.value].retired)
        return fail(fmt::format("\"{}\" has the unknown parent \"{}\"", thing.name, edge.parent));
      thing.parents.push_back({edge.kind, parent->second});
    }
    return {};
  };
  for (const NodeRecord& record : nodes)
    if (auto ok = connect(record, built->nodes_[built->node_by_name_.at(record.node.name).value]); !ok)
      return tl::make_unexpected(ok.error());
  for (const EndpointRecord& record : endpoints)
    if (auto ok = connect(record, built->endpoints_[built->endpoint_by_name_.at(record.endpoint.name).value]);
        !ok)
      return tl::make_unexpected(ok.error());

  const auto order = parents_first(built->nodes_);
  if (order.size() != built->nodes_.size()) {
    std::vector<bool> ordered(built->nodes_.size());
    for (std::uint32_t i : order) ordered[i] = true;
    const auto looped = std::find(ordered.begin(), ordered.end(), false) - ordered.begin();
    return fail(fmt::format("node \"{}\" is part of or below a loop of parents",
                            built->nodes_[static_cast<std::size_t>(looped)].name));
  }
  built->index_graph();
  return built;
}

void Topology::index_graph() {
  std::vector<std::vector<NodeIndex>> above(nodes_.size()), below(nodes_.size());
  std::vector<std::vector<EndpointIndex>> hanging(nodes_.size());
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    above[i] = ancestors_of(nodes_[i].parents, nodes_);
    for (const ParentEdge& edge : nodes_[i].parents) below[edge.parent.value].push_back(NodeIndex{i});
  }
  flatten(above, node_ancestors_);
  flatten(below, child_nodes_);
  endpoint_ancestors_.begin.assign(1, 0);
  for (std::uint32_t i = 0; i < endpoints_.size(); ++i) {
    const auto list = ancestors_of(endpoints_[i].parents, nodes_);
    endpoint_ancestors_.items.insert(endpoint_ancestors_.items.end(), list.begin(), list.end());
    endpoint_ancestors_.begin.push_back(static_cast<std::uint32_t>(endpoint_ancestors_.items.size()));
    for (const ParentEdge& edge : endpoints_[i].parents)
      hanging[edge.parent.value].push_back(EndpointIndex{i});
  }
  flatten(hanging, child_endpoints_);
}

std::optional<NodeIndex> Topology::find_node(std::string_view name) const {
  const auto found = node_by_name_.find(name);
  if (found == node_by_name_.end() || nodes_[found->second.value].retired) return std::nullopt;
  return found->second;
}

std::optional<EndpointIndex> Topology::find_endpoint(std::string_view name) const {
  const auto found = endpoint_by_name_.find(name);
  if (found == endpoint_by_name_.end() || endpoints_[found->second.value].retired) return std::nullopt;
  return found->second;
}

std::span<const NodeIndex> Topology::ancestors(EndpointIndex index) const {
  return endpoint_ancestors_[index.value];
}
std::span<const NodeIndex> Topology::ancestors(NodeIndex index) const {
  return node_ancestors_[index.value];
}
std::span<const NodeIndex> Topology::child_nodes(NodeIndex index) const {
  return child_nodes_[index.value];
}
std::span<const EndpointIndex> Topology::child_endpoints(NodeIndex index) const {
  return child_endpoints_[index.value];
}

std::vector<EndpointIndex> Topology::endpoints_below(NodeIndex index) const {
  std::vector<NodeIndex> open{index};
  std::vector<EndpointIndex> found;
  std::vector<bool> seen(nodes_.size());
  while (!open.empty()) {
    const NodeIndex node = open.back();
    open.pop_back();
    if (seen[node.value]) continue;
    seen[node.value] = true;
    const auto direct = child_endpoints(node);
    found.insert(found.end(), direct.begin(), direct.end());
    const auto children = child_nodes(node);
    open.insert(open.end(), children.begin(), children.end());
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::uint64_t Topology::customers_below(NodeIndex index) const {
  std::uint64_t sum = 0;
  for (const EndpointIndex e : endpoints_below(index)) sum += endpoints_[e.value].customers;
  return sum;
}

bool Topology::is_at_or_above(NodeIndex upper, NodeIndex lower) const {
  if (upper == lower) return true;
  const auto above = ancestors(lower);
  return std::find(above.begin(), above.end(), upper) != above.end();
}

}  // namespace faultline
