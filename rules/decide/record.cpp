#include "rules/decide/record.h"

#include <algorithm>
#include <iterator>

namespace faultline::decide {

Told told_of(const Incident& incident, Timestamp at) {
  Told told{at,
            incident.severity,
            std::nullopt,
            incident.affected.size(),
            incident.complaints.size(),
            incident.suspected_members.size()};
  if (!incident.causes.empty()) told.cause = incident.causes.front().cause;
  return told;
}

bool is_root_above(const Root& upper, const Root& lower, const Topology& topology) {
  const auto* node = std::get_if<NodeIndex>(&upper);
  if (node == nullptr) return false;
  if (const auto* below = std::get_if<NodeIndex>(&lower))
    return *below != *node && topology.is_at_or_above(*node, *below);
  if (const auto* endpoint = std::get_if<EndpointIndex>(&lower)) {
    const auto above = topology.ancestors(*endpoint);
    return std::find(above.begin(), above.end(), *node) != above.end();
  }
  return false;
}

bool is_in_area(const Root& area, const Root& root, const Topology& topology) {
  const auto* upper = std::get_if<Area>(&area);
  if (upper == nullptr) return false;
  return std::any_of(upper->nodes.begin(), upper->nodes.end(), [&](NodeIndex node) {
    return Root(node) == root || is_root_above(node, root, topology);
  });
}

bool is_same_area(const Root& a, const Root& b) {
  const auto *one = std::get_if<Area>(&a), *other = std::get_if<Area>(&b);
  if (one == nullptr || other == nullptr) return false;
  return std::any_of(one->nodes.begin(), one->nodes.end(), [&](NodeIndex node) {
    return std::find(other->nodes.begin(), other->nodes.end(), node) != other->nodes.end();
  });
}

bool contains(const std::vector<EndpointIndex>& list, EndpointIndex endpoint) {
  return std::binary_search(list.begin(), list.end(), endpoint);
}

bool contains_all(const std::vector<EndpointIndex>& list, const std::vector<EndpointIndex>& part) {
  return std::includes(list.begin(), list.end(), part.begin(), part.end());
}

bool intersects(const std::vector<EndpointIndex>& a, const std::vector<EndpointIndex>& b) {
  return std::any_of(a.begin(), a.end(), [&](EndpointIndex endpoint) { return contains(b, endpoint); });
}

void insert_all(std::vector<EndpointIndex>& into, const std::vector<EndpointIndex>& other) {
  std::vector<EndpointIndex> all;
  std::set_union(into.begin(), into.end(), other.begin(), other.end(), std::back_inserter(all));
  into = std::move(all);
}

void remove_all(std::vector<EndpointIndex>& from, const std::vector<EndpointIndex>& other) {
  std::vector<EndpointIndex> rest;
  std::set_difference(from.begin(), from.end(), other.begin(), other.end(), std::back_inserter(rest));
  from = std::move(rest);
}

std::size_t common(const std::vector<EndpointIndex>& a, const std::vector<EndpointIndex>& b) {
  const auto& few = a.size() < b.size() ? a : b;
  const auto& many = a.size() < b.size() ? b : a;
  return static_cast<std::size_t>(std::count_if(
      few.begin(), few.end(), [&](EndpointIndex endpoint) { return contains(many, endpoint); }));
}

}  // namespace faultline::decide
