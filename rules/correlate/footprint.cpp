#include "rules/correlate/footprint.h"

#include <algorithm>
#include <utility>

namespace faultline::correlate {

void Customers::add(const Endpoint& endpoint, double factor) {
  (is_mobile(endpoint.technology) ? mobile : fixed) += factor * endpoint.customers;
}

void Footprints::weigh(std::vector<float> factors) {
  factors_ = std::move(factors);
  customers_.clear();
  everyone_.reset();
  for (auto& [node, groups] : groups_)
    for (ChildGroup& group : groups) {
      group.customers = {};
      for (const EndpointIndex endpoint : group.endpoints) add_weighed(group.customers, endpoint);
    }
}

void Footprints::add_weighed(Customers& to, EndpointIndex endpoint) const {
  to.add(topology_->endpoint(endpoint), endpoint.value < factors_.size() ? factors_[endpoint.value] : 1);
}

std::span<const ChildGroup> Footprints::groups(NodeIndex node) const {
  const auto found = groups_.find(node);
  if (found != groups_.end()) return found->second;

  std::vector<ChildGroup> groups;
  seen_.resize(topology_->endpoints().size());
  const auto look = static_cast<std::uint32_t>(groups_.size() + 1);
  const auto is_new = [&](EndpointIndex e) { return std::exchange(seen_[e.value], look) != look; };
  for (const NodeIndex child : topology_->child_nodes(node)) {
    ChildGroup group{child, {}, {}};
    for (const EndpointIndex endpoint : topology_->endpoints_below(child))
      if (is_new(endpoint)) group.endpoints.push_back(endpoint);
    if (!group.endpoints.empty()) groups.push_back(std::move(group));
  }
  for (const EndpointIndex endpoint : topology_->child_endpoints(node))
    if (is_new(endpoint)) groups.push_back({NodeIndex{}, {endpoint}, {}});
  for (ChildGroup& group : groups)
    for (const EndpointIndex endpoint : group.endpoints) add_weighed(group.customers, endpoint);
  return groups_.emplace(node, std::move(groups)).first->second;
}

std::optional<std::uint32_t> Footprints::group_of(NodeIndex node, EndpointIndex endpoint) const {
  const auto known = group_of_.try_emplace(node);
  GroupOf& list = known.first->second;
  if (known.second) {
    const auto all = groups(node);
    for (std::uint32_t g = 0; g < all.size(); ++g)
      for (const EndpointIndex member : all[g].endpoints) list.emplace_back(member, g);
    std::sort(list.begin(), list.end());
  }
  const auto found = std::lower_bound(list.begin(), list.end(), std::pair(endpoint, std::uint32_t{0}));
  if (found == list.end() || found->first != endpoint) return std::nullopt;
  return found->second;
}

const Customers& Footprints::customers(NodeIndex node) const {
  const auto known = customers_.try_emplace(node);
  if (known.second)
    for (const EndpointIndex endpoint : endpoints(node)) add_weighed(known.first->second, endpoint);
  return known.first->second;
}

Customers Footprints::customers(EndpointIndex endpoint) const {
  Customers customers;
  add_weighed(customers, endpoint);
  return customers;
}

const Customers& Footprints::everyone() const {
  if (!everyone_) {
    everyone_.emplace();
    for (std::uint32_t i = 0; i < topology_->endpoints().size(); ++i)
      if (!topology_->endpoint({i}).retired) add_weighed(*everyone_, {i});
  }
  return *everyone_;
}

std::span<const EndpointIndex> Footprints::endpoints(NodeIndex node) const {
  const auto found = endpoints_.find(node);
  if (found != endpoints_.end()) return found->second;
  return endpoints_.emplace(node, topology_->endpoints_below(node)).first->second;
}

}  // namespace faultline::correlate
