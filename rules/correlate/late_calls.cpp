#include "rules/correlate/late_calls.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace faultline::correlate {
namespace {

// The part of its callers that has called so long after the onset: lognormal, the integral of
// call_delay_density.
double called_by(Duration delay, const CallInRules& rules) {
  const double hours = to_seconds(delay) / 3600;
  if (hours <= 0) return 0;
  const double z = std::log(hours / (to_seconds(rules.delay_median) / 3600)) / rules.delay_sigma;
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

}  // namespace

LateCalls::Fault LateCalls::fault_of(const Topology& topology, const AttachTarget& target,
                                     const CallInRules& rules) {
  Fault fault;
  fault.onset = target.onset;
  fault.recovered = *target.recovered;
  fault.affected = target.affected.size();
  for (const EndpointIndex one : target.affected) {
    const Endpoint& endpoint = topology.endpoint(one);
    const double callers = endpoint.customers * caller_share(endpoint.technology, target.hard, rules);
    fault.all += callers;
    fault.endpoints[one] = callers;
    for (const NodeIndex node : topology.ancestors(one)) fault.nodes[node] += callers;
  }
  return fault;
}

void LateCalls::begin(const Footprints& footprints, std::span<const AttachTarget> targets, Timestamp after,
                      Timestamp now, const CorrelateRules& rules) {
  after_ = after;
  now_ = now;
  part_ = rules.scan.late_part;
  prior_ = rules.scan.late_prior;
  after_recovery_ = rules.attach.after_recovery;
  call_in_ = rules.attach.call_in;
  std::map<IncidentNumber, Fault> kept;
  for (const AttachTarget& target : targets) {
    if (!target.recovered) continue;
    const auto known = faults_.find(target.number);
    const bool is_same = known != faults_.end() && known->second.recovered == *target.recovered &&
                         known->second.affected == target.affected.size();
    Fault& fault = kept[target.number];
    fault = is_same ? std::move(known->second) : fault_of(footprints.topology(), target, call_in_);
    fault.heard = 0;
    fault.heard_at.clear();
  }
  faults_ = std::move(kept);
}

void LateCalls::clear() {
  faults_.clear();
}

Located LateCalls::hear(IncidentNumber number, const Located& located) {
  const auto found = faults_.find(number);
  if (found == faults_.end()) return {};
  Fault& fault = found->second;
  ++fault.heard;
  const auto is_whole = [&](NodeIndex node) {
    const auto callers = fault.nodes.find(node);
    return callers != fault.nodes.end() && !is_part(callers->second, fault);
  };
  Located inside = located;
  std::erase_if(inside.nodes, is_whole);
  std::erase_if(inside.groups, [&](const auto& group) { return is_whole(group.first); });
  std::erase_if(inside.endpoints, [&](EndpointIndex endpoint) {
    const auto callers = fault.endpoints.find(endpoint);
    return callers != fault.endpoints.end() && !is_part(callers->second, fault);
  });
  for (const NodeIndex node : inside.nodes) ++fault.heard_at[node];
  return inside;
}

// Of those who call in the end, so many did after `after`.
double LateCalls::share_of(const Fault& fault, Timestamp after) const {
  const Timestamp from = std::max(after, fault.recovered);
  if (from >= now_) return 0;
  return after_recovery_ *
         (called_by(now_ - fault.onset, call_in_) - called_by(from - fault.onset, call_in_));
}

// How much more readily than assumed its other places call. Less is not believed: the assumption is what the
// rules say of all faults.
double LateCalls::factor(const Fault& fault, double callers, double heard) const {
  const double expected = share_of(fault, after_) * std::max(0.0, fault.all - callers);
  return std::max(1.0, (std::max(0.0, fault.heard - heard) + prior_) / (expected + prior_));
}

double LateCalls::expected(NodeIndex node, Timestamp after) const {
  double sum = 0;
  for (const auto& [number, fault] : faults_) {
    const auto callers = fault.nodes.find(node);
    if (callers == fault.nodes.end()) continue;
    const auto heard = fault.heard_at.find(node);
    sum += share_of(fault, after) * callers->second *
           factor(fault, callers->second, heard == fault.heard_at.end() ? 0 : heard->second);
  }
  return sum;
}

double LateCalls::expected(EndpointIndex endpoint, Timestamp after) const {
  double sum = 0;
  for (const auto& [number, fault] : faults_)
    if (const auto callers = fault.endpoints.find(endpoint); callers != fault.endpoints.end())
      sum += share_of(fault, after) * callers->second * factor(fault, callers->second, 0);
  return sum;
}

}  // namespace faultline::correlate
