#include "rules/correlate/complaint_counts.h"

#include <algorithm>

namespace faultline::correlate {
namespace {

const ComplaintCounts::Times kNone;
const ComplaintCounts::GroupTimes kNoGroups;

// Nearly always at the end.
void insert(ComplaintCounts::Times& times, Timestamp at) {
  times.insert(std::upper_bound(times.begin(), times.end(), at), at);
}

}  // namespace

void ComplaintCounts::clear() {
  open_.clear();
  endpoints_.clear();
  nodes_.clear();
  groups_.clear();
}

void ComplaintCounts::add(Timestamp received, const Located& located, bool attached) {
  if (!attached) insert(open_, received);
  for (const EndpointIndex endpoint : located.endpoints) insert(endpoints_[endpoint], received);
  for (const NodeIndex node : located.nodes) insert(nodes_[node], received);
  for (const auto& [node, group] : located.groups) insert(groups_[node][group], received);
}

const ComplaintCounts::Times& ComplaintCounts::at(EndpointIndex endpoint) const {
  const auto found = endpoints_.find(endpoint);
  return found == endpoints_.end() ? kNone : found->second;
}

const ComplaintCounts::Times& ComplaintCounts::at(NodeIndex node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? kNone : found->second;
}

const ComplaintCounts::GroupTimes& ComplaintCounts::in_groups(NodeIndex node) const {
  const auto found = groups_.find(node);
  return found == groups_.end() ? kNoGroups : found->second;
}

std::uint32_t count_between(const ComplaintCounts::Times& times, Timestamp after, Timestamp until) {
  const auto first = std::upper_bound(times.begin(), times.end(), after);
  return static_cast<std::uint32_t>(std::upper_bound(first, times.end(), until) - first);
}

}  // namespace faultline::correlate
