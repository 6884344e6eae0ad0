#include "daemon/inventory/graph_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace faultline::inventory {
namespace {

using config::in_quotes;
using config::Problems;
using RowByName = std::unordered_map<std::string_view, std::uint32_t>;

const std::string& name_of(const NodeRow& row) {
  return row.record.node.name;
}
const std::string& name_of(const EndpointRow& row) {
  return row.record.endpoint.name;
}

template <typename Row>
RowByName check_names(std::span<const Row> rows, std::string_view file, std::string_view what,
                      Problems& problems) {
  RowByName by_name;
  by_name.reserve(rows.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const std::string& name = name_of(rows[i]);
    if (name.empty()) continue;  // reported by the row
    const auto [known, is_new] = by_name.emplace(name, i);
    if (!is_new)
      problems.add(file, rows[i].name_at,
                   fmt::format("name: the {} {} is given twice, first on line {}; rename or remove one", what,
                               in_quotes(name), rows[known->second].name_at.line));
  }
  return by_name;
}

class GraphCheck {
 public:
  GraphCheck(std::span<const NodeRow> nodes, const RowByName& by_name, std::string_view file,
             Problems& problems)
      : nodes_(nodes), by_name_(by_name), file_(file), problems_(problems) {}

  template <typename Row>
  void check_parents(std::span<const Row> rows, std::string_view file) {
    for (const Row& row : rows) {
      for (const ParentName& edge : row.record.parents) {
        if (by_name_.contains(edge.parent)) continue;
        problems_.add(
            file, row.parents_at,
            fmt::format("parents: unknown node {}{}", in_quotes(edge.parent), suggestion(edge.parent)));
      }
    }
  }

  // Depth first from every node upwards; a node met again while it is still open closes a loop. `depth_` is
  // the longest way up to a root.
  void check_loops_and_depth() {
    state_.assign(nodes_.size(), State::unseen);
    depth_.assign(nodes_.size(), 1);
    for (std::uint32_t start = 0; start < nodes_.size(); ++start)
      if (state_[start] == State::unseen) visit(start);
  }

 private:
  enum class State : std::uint8_t { unseen, open, done };
  struct Step {
    std::uint32_t node;
    std::size_t next_parent;
  };

  std::string suggestion(std::string_view name) {
    if (problems_.is_full()) return {};
    if (candidates_.empty())
      for (const NodeRow& row : nodes_) candidates_.push_back(row.record.node.name);
    return config::did_you_mean(name, candidates_);
  }

  std::optional<std::uint32_t> parent_of(std::uint32_t node, std::size_t i) const {
    const auto found = by_name_.find(nodes_[node].record.parents[i].parent);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
  }

  void visit(std::uint32_t start) {
    path_.assign(1, {start, 0});
    state_[start] = State::open;
    while (!path_.empty()) {
      Step& step = path_.back();
      const std::uint32_t node = step.node;
      if (step.next_parent == nodes_[node].record.parents.size()) {
        close(node);
        continue;
      }
      const std::optional<std::uint32_t> parent = parent_of(node, step.next_parent++);
      if (!parent) continue;
      if (state_[*parent] == State::open) report_loop(*parent);
      if (state_[*parent] == State::done) depth_[node] = std::max(depth_[node], depth_[*parent] + 1);
      if (state_[*parent] != State::unseen) continue;
      state_[*parent] = State::open;
      path_.push_back({*parent, 0});
    }
  }

  void close(std::uint32_t node) {
    state_[node] = State::done;
    path_.pop_back();
    if (!path_.empty()) {
      std::size_t& below = depth_[path_.back().node];
      below = std::max(below, depth_[node] + 1);
    }
    // Once, where the limit is crossed; what is below it is deeper still.
    if (depth_[node] == kMaxGraphDepth + 1)
      problems_.add(file_, nodes_[node].parents_at,
                    fmt::format("parents: {} has {} nodes above it in a row; at most {} are allowed",
                                in_quotes(name_of(nodes_[node])), kMaxGraphDepth, kMaxGraphDepth - 1));
  }

  void report_loop(std::uint32_t first) {
    constexpr std::size_t kShown = 10;
    const auto begin =
        std::find_if(path_.begin(), path_.end(), [&](const Step& step) { return step.node == first; });
    std::string text;
    std::size_t shown = 0;
    for (auto step = begin; step != path_.end(); ++step, ++shown) {
      if (shown == kShown) {
        text += fmt::format("… ({} more) → ", path_.end() - step);
        break;
      }
      text += name_of(nodes_[step->node]) + " → ";
    }
    text += name_of(nodes_[first]);
    problems_.add(
        file_, nodes_[path_.back().node].parents_at,
        fmt::format("parents: a loop, each hangs on the next: {}; remove one of these edges", text));
  }

  std::span<const NodeRow> nodes_;
  const RowByName& by_name_;
  std::string_view file_;
  Problems& problems_;
  std::vector<std::string_view> candidates_;
  std::vector<State> state_;
  std::vector<std::size_t> depth_;
  std::vector<Step> path_;
};

}  // namespace

void check_graph(std::span<const NodeRow> nodes, std::string_view nodes_file,
                 std::span<const EndpointRow> endpoints, std::string_view endpoints_file,
                 bool nodes_are_complete, Problems& problems) {
  const RowByName node_names = check_names(nodes, nodes_file, "node", problems);
  check_names(endpoints, endpoints_file, "endpoint", problems);
  for (const EndpointRow& row : endpoints)
    if (const auto node = node_names.find(name_of(row)); node != node_names.end())
      problems.add(endpoints_file, row.name_at,
                   fmt::format("name: {} is also the node on line {} of {}; tickets and windows go by name, "
                               "so rename one",
                               in_quotes(name_of(row)), nodes[node->second].name_at.line, nodes_file));
  if (!nodes_are_complete) return;
  GraphCheck check(nodes, node_names, nodes_file, problems);
  check.check_parents(nodes, nodes_file);
  check.check_parents(endpoints, endpoints_file);
  check.check_loops_and_depth();
}

}  // namespace faultline::inventory
