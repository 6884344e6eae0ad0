#include "rules/correlate/attach.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace faultline::correlate {
namespace {

double caller_share(Technology technology, bool hard, const CallInRules& rules) {
  if (is_mobile(technology)) return hard ? rules.hard_mobile : rules.soft_mobile;
  return hard ? rules.hard_fixed : rules.soft_fixed;
}

// How fast calls like this one come from the incident, per hour, and how much of its place is affected.
struct Stream {
  double rate = 0;
  double coverage = 0;
};

Stream stream_of(const Topology& topology, const Weights& weights, Timestamp received,
                 const AttachTarget& target, const AttachRules& rules) {
  const Duration delay = received - target.onset;
  if (delay < -rules.early) return {};
  double factor = call_delay_density(std::max(delay, rules.floor), rules.call_in);
  if (target.recovered && received > *target.recovered) {
    if (received - *target.recovered > rules.after_recovery_limit) return {};
    factor *= rules.after_recovery;
  }
  Stream stream;
  for (const EndpointWeight& one : weights) {
    if (!std::binary_search(target.affected.begin(), target.affected.end(), one.endpoint)) continue;
    const Endpoint& endpoint = topology.endpoint(one.endpoint);
    stream.coverage += one.weight;
    stream.rate += one.weight * endpoint.customers *
                   caller_share(endpoint.technology, target.hard, rules.call_in) * factor;
  }
  return stream;
}

}  // namespace

double call_delay_density(Duration delay, const CallInRules& rules) {
  const double hours = to_seconds(delay) / 3600;
  if (hours <= 0) return 0;
  const double median = to_seconds(rules.delay_median) / 3600;
  const double z = std::log(hours / median) / rules.delay_sigma;
  return std::exp(-z * z / 2) / (hours * rules.delay_sigma * std::sqrt(2 * 3.14159265358979));
}

double ordinary_rate(const Customers& customers, Timestamp at, const ScanRules& rules) {
  const auto local = at + rules.utc_offset;
  const auto hour =
      std::chrono::floor<std::chrono::hours>(local - std::chrono::floor<std::chrono::days>(local)).count();
  return (customers.mobile * rules.mobile_per_hour + customers.fixed * rules.fixed_per_hour) *
         rules.hour_profile[static_cast<std::size_t>(hour)];
}

double ordinary_rate(const Endpoint& endpoint, Timestamp at, const ScanRules& rules) {
  Customers customers;
  customers.add(endpoint);
  return ordinary_rate(customers, at, rules);
}

double ordinary_rate(const Topology& topology, const Weights& weights, Timestamp at, const ScanRules& rules) {
  double sum = 0;
  for (const EndpointWeight& one : weights)
    sum += one.weight * ordinary_rate(topology.endpoint(one.endpoint), at, rules);
  return sum;
}

Attachment attach(const Topology& topology, const Weights& weights, Timestamp received,
                  std::span<const AttachTarget> targets, const CorrelateRules& rules) {
  Attachment result;
  const double ordinary = ordinary_rate(topology, weights, received, rules.scan);
  double all = ordinary, most = 0;
  const AttachTarget* best = nullptr;
  double coverage = 0;
  for (const AttachTarget& target : targets) {
    const Stream stream = stream_of(topology, weights, received, target, rules.attach);
    all += stream.rate;
    if (stream.rate <= most) continue;
    most = stream.rate;
    best = &target;
    coverage = stream.coverage;
  }
  if (best == nullptr || all <= 0) return result;
  result.probability = most / all;
  result.explained = 1 - ordinary / all;
  if (result.probability > rules.attach.least_probability && coverage >= rules.attach.least_coverage)
    result.incident = best->number;
  return result;
}

}  // namespace faultline::correlate
