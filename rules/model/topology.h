// What can break and what hangs on it: nodes and endpoints as a directed acyclic graph with typed edges.
// Built by Topology::build from plain records (daemon/inventory reads them from files), immutable afterwards
// and shared by pointer. Indexes survive a rebuild from a previous topology, so state kept by index survives
// a reload.
#pragma once

#include "rules/model/index.h"
#include "rules/model/place.h"
#include "rules/model/result.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace faultline {

enum class NodeKind : std::uint8_t {
  core,
  upstream,
  aggregation,
  shared_risk,
  power,
  site,
  olt,
  splitter,
  cmts,
  dslam,
  probe_host,
};
inline constexpr std::array<std::string_view, 11> kNodeKindNames = {
    "core", "upstream", "aggregation", "shared_risk", "power",     "site",
    "olt",  "splitter", "cmts",        "dslam",       "probe_host"};

enum class EdgeKind : std::uint8_t { transport, power, shared_risk };
inline constexpr std::array<std::string_view, 3> kEdgeKindNames = {"transport", "power", "shared_risk"};

enum class Technology : std::uint8_t {
  ip,
  ethernet,
  lte,
  nr,
  umts,
  gsm,
  gpon,
  xgspon,
  docsis,
  adsl,
  vdsl,
  fixed_wireless,
};
inline constexpr std::array<std::string_view, 12> kTechnologyNames = {
    "ip",   "ethernet", "lte",    "nr",   "umts", "gsm",
    "gpon", "xgspon",   "docsis", "adsl", "vdsl", "fixed_wireless"};

constexpr std::string_view name(NodeKind kind) {
  return kNodeKindNames[static_cast<std::size_t>(kind)];
}
constexpr std::string_view name(EdgeKind kind) {
  return kEdgeKindNames[static_cast<std::size_t>(kind)];
}
constexpr std::string_view name(Technology t) {
  return kTechnologyNames[static_cast<std::size_t>(t)];
}
constexpr bool is_mobile(Technology t) {
  return t >= Technology::lte && t <= Technology::gsm;
}
// Customers of an endpoint whose inventory row names none; at least 1.
std::uint32_t default_customers(Technology technology);

struct ParentEdge {
  EdgeKind kind = EdgeKind::transport;
  NodeIndex parent;
};

struct Node {
  std::string name;
  NodeKind kind = NodeKind::site;
  std::optional<Place> place;
  std::vector<ParentEdge> parents;
  bool retired = false;  // was in an earlier inventory; nothing hangs on it
};

struct Endpoint {
  std::string name;
  std::string region;  // free text, for rules that differ by region; may be empty
  std::optional<Place> place;
  float coverage_m = 0;  // radius of the area it serves; 0 = unknown
  std::uint32_t customers = 1;
  Technology technology = Technology::ip;
  std::uint8_t profile = 0;  // index in the configuration's list of profiles
  bool retired = false;
  std::vector<ParentEdge> parents;
};

// Records with parents by name, as files have them.
struct ParentName {
  EdgeKind kind = EdgeKind::transport;
  std::string parent;
};
struct NodeRecord {
  Node node;  // parents empty
  std::vector<ParentName> parents;
};
struct EndpointRecord {
  Endpoint endpoint;  // parents empty
  std::vector<ParentName> parents;
};

class Topology {
 public:
  // Fails on an unknown parent, a name given twice, or a loop; the message names the things involved.
  // With `previous`, a name keeps the index it had there, and what is missing now is kept as retired.
  static Result<std::shared_ptr<const Topology>> build(std::vector<NodeRecord> nodes,
                                                       std::vector<EndpointRecord> endpoints,
                                                       const Topology* previous = nullptr);

  std::span<const Node> nodes() const { return nodes_; }
  std::span<const Endpoint> endpoints() const { return endpoints_; }
  const Node& node(NodeIndex index) const { return nodes_[index.value]; }
  const Endpoint& endpoint(EndpointIndex index) const { return endpoints_[index.value]; }
  std::optional<NodeIndex> find_node(std::string_view name) const;
  std::optional<EndpointIndex> find_endpoint(std::string_view name) const;

  // Every node above the endpoint or node, nearest first, each once.
  std::span<const NodeIndex> ancestors(EndpointIndex index) const;
  std::span<const NodeIndex> ancestors(NodeIndex index) const;
  // Direct children, and every endpoint at or below the node, each once, in index order.
  std::span<const NodeIndex> child_nodes(NodeIndex index) const;
  std::span<const EndpointIndex> child_endpoints(NodeIndex index) const;
  std::vector<EndpointIndex> endpoints_below(NodeIndex index) const;
  std::uint64_t customers_below(NodeIndex index) const;
  // True if `upper` is `lower` or above it.
  bool is_at_or_above(NodeIndex upper, NodeIndex lower) const;

 private:
  Topology() = default;
  template <typename T>
  struct Lists {  // many short lists in two flat arrays: list i is items[begin[i]] … items[begin[i + 1]]
    std::vector<std::uint32_t> begin;
    std::vector<T> items;
    std::span<const T> operator[](std::uint32_t i) const {
      return std::span<const T>(items).subspan(begin[i], begin[i + 1] - begin[i]);
    }
  };
  void index_graph();

  std::vector<Node> nodes_;
  std::vector<Endpoint> endpoints_;
  std::unordered_map<std::string_view, NodeIndex> node_by_name_;  // views into nodes_, which never moves
  std::unordered_map<std::string_view, EndpointIndex> endpoint_by_name_;
  Lists<NodeIndex> endpoint_ancestors_, node_ancestors_, child_nodes_;
  Lists<EndpointIndex> child_endpoints_;
};

}  // namespace faultline
