#include "rules/correlate/complaint_counts.h"

#include <algorithm>

namespace faultline::correlate {
namespace {

const ComplaintCounts::Times kNone;

// Nearly always at the end.
void insert(ComplaintCounts::Times& times, Timestamp at) {
  times.insert(std::upper_bound(times.begin(), times.end(), at), at);
}

ComplaintCounts::Times& of_group(std::vector<ComplaintCounts::GroupTimes>& groups, std::uint32_t group) {
  const auto found =
      std::lower_bound(groups.begin(), groups.end(), group,
                       [](const auto& one, std::uint32_t wanted) { return one.group < wanted; });
  if (found != groups.end() && found->group == group) return found->times;
  return groups.insert(found, {group, {}})->times;
}

}  // namespace

void ComplaintCounts::clear() {
  open_.clear();
  for (const EndpointIndex endpoint : filled_endpoints_) endpoints_[endpoint.value].clear();
  for (const NodeIndex node : filled_nodes_) {
    nodes_[node.value].times.clear();
    for (GroupTimes& one : nodes_[node.value].groups) one.times.clear();
  }
  filled_endpoints_.clear();
  filled_nodes_.clear();
}

ComplaintCounts::OfNode& ComplaintCounts::of(NodeIndex node) {
  if (node.value >= nodes_.size()) nodes_.resize(node.value + 1);
  return nodes_[node.value];
}

void ComplaintCounts::add(Timestamp received, const Located& located, bool attached) {
  if (!attached) insert(open_, received);
  for (const EndpointIndex endpoint : located.endpoints) {
    if (endpoint.value >= endpoints_.size()) endpoints_.resize(endpoint.value + 1);
    Times& times = endpoints_[endpoint.value];
    if (times.empty()) filled_endpoints_.push_back(endpoint);
    insert(times, received);
  }
  for (const NodeIndex node : located.nodes) {
    OfNode& here = of(node);
    if (here.times.empty()) filled_nodes_.push_back(node);
    insert(here.times, received);
  }
  // Of nodes that have it, too: locate().
  for (const auto& [node, group] : located.groups) insert(of_group(of(node).groups, group), received);
}

const ComplaintCounts::Times& ComplaintCounts::at(EndpointIndex endpoint) const {
  return endpoint.value < endpoints_.size() ? endpoints_[endpoint.value] : kNone;
}

const ComplaintCounts::Times& ComplaintCounts::at(NodeIndex node) const {
  return node.value < nodes_.size() ? nodes_[node.value].times : kNone;
}

std::span<const ComplaintCounts::GroupTimes> ComplaintCounts::in_groups(NodeIndex node) const {
  if (node.value >= nodes_.size()) return {};
  return nodes_[node.value].groups;
}

std::uint32_t count_between(const ComplaintCounts::Times& times, Timestamp after, Timestamp until) {
  const auto first = std::upper_bound(times.begin(), times.end(), after);
  return static_cast<std::uint32_t>(std::upper_bound(first, times.end(), until) - first);
}

}  // namespace faultline::correlate
