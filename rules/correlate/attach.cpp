#include "rules/correlate/attach.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

Stream stream_at(const Topology& topology, const Weights& weights, Service service, Timestamp received,
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
    if (!target.affects(one.endpoint)) continue;
    const Endpoint& endpoint = topology.endpoint(one.endpoint);
    stream.coverage += one.weight;
    stream.rate += one.weight * endpoint.customers *
                   caller_share(endpoint.technology, target.hard, rules.call_in) * factor *
                   (carries(endpoint.technology, service) ? 1 : rules.other_service);
  }
  return stream;
}

Stream stream_of(const Topology& topology, const Weights& weights, const Complaint& complaint,
                 const AttachTarget& target, const AttachRules& rules) {
  const Stream stream = stream_at(topology, weights, complaint.service, complaint.received, target, rules);
  if (!complaint.trouble_began) return stream;
  const Stream began = stream_at(topology, weights, complaint.service, complaint.began(), target, rules);
  return began.rate > stream.rate ? began : stream;
}

}  // namespace

bool AttachTarget::affects(EndpointIndex endpoint) const {
  return std::binary_search(affected.begin(), affected.end(), endpoint) ||
         std::binary_search(strays.begin(), strays.end(), endpoint);
}

TargetIndex::TargetIndex(std::span<const AttachTarget> targets, std::size_t endpoints)
    : targets_(targets), first_(endpoints + 1, 0) {
  const auto each = [&](const auto& use) {
    for (std::uint32_t t = 0; t < targets.size(); ++t)
      for (const auto& list : {targets[t].affected, targets[t].strays})
        for (const EndpointIndex endpoint : list)
          if (endpoint.value < endpoints) use(endpoint.value, t);
  };
  each([&](std::uint32_t endpoint, std::uint32_t) { ++first_[endpoint + 1]; });
  for (std::size_t e = 0; e < endpoints; ++e) first_[e + 1] += first_[e];
  of_endpoint_.resize(first_.back());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  each([&](std::uint32_t endpoint, std::uint32_t target) { of_endpoint_[next[endpoint]++] = target; });
}

std::span<const AttachTarget> TargetIndex::near(const Weights& weights) {
  positions_.clear();
  near_.clear();
  for (const EndpointWeight& one : weights)
    if (one.endpoint.value + 1 < first_.size())
      positions_.insert(positions_.end(), of_endpoint_.begin() + first_[one.endpoint.value],
                        of_endpoint_.begin() + first_[one.endpoint.value + 1]);
  std::sort(positions_.begin(), positions_.end());
  positions_.erase(std::unique(positions_.begin(), positions_.end()), positions_.end());
  for (const std::uint32_t position : positions_) near_.push_back(targets_[position]);
  return near_;
}

Whereabouts whereabouts_of(const Weights& weights) {
  Whereabouts whereabouts;
  for (const EndpointWeight& one : weights) whereabouts.add(one.endpoint);
  return whereabouts;
}

TargetChanges::Seen::Seen(const AttachTarget& target)
    : onset(target.onset),
      recovered(target.recovered),
      hard(target.hard),
      affected(target.affected.begin(), target.affected.end()),
      strays(target.strays.begin(), target.strays.end()) {}

bool TargetChanges::Seen::is(const AttachTarget& target) const {
  return onset == target.onset && recovered == target.recovered && hard == target.hard &&
         std::ranges::equal(affected, target.affected) && std::ranges::equal(strays, target.strays);
}

void TargetChanges::touched(std::span<const EndpointIndex> endpoints) {
  for (const EndpointIndex endpoint : endpoints) touched_.insert(endpoint), touched_about_.add(endpoint);
}

void TargetChanges::note(std::span<const AttachTarget> targets) {
  touched_ = {};
  touched_about_ = {};
  is_all_touched_ = std::exchange(is_all_new_, false);
  std::map<IncidentNumber, std::vector<Seen>> now;
  for (const AttachTarget& target : targets) {
    const auto before = before_.find(target.number);
    const std::size_t position = now[target.number].size();
    if (before != before_.end() && position < before->second.size() && before->second[position].is(target)) {
      now[target.number].push_back(std::move(before->second[position]));
    } else {
      touched(target.affected);
      touched(target.strays);
      now[target.number].emplace_back(target);
    }
  }
  for (const auto& [number, gone] : before_)
    for (const Seen& one : gone) {  // those that are still the same were moved away
      touched(one.affected);
      touched(one.strays);
    }
  before_ = std::move(now);
}

bool TargetChanges::touch(const Weights& weights) const {
  return std::any_of(weights.begin(), weights.end(),
                     [&](const EndpointWeight& one) { return touched_.contains(one.endpoint); });
}

double call_delay_density(Duration delay, const CallInRules& rules) {
  const double hours = to_seconds(delay) / 3600;
  if (hours <= 0) return 0;
  const double median = to_seconds(rules.delay_median) / 3600;
  const double z = std::log(hours / median) / rules.delay_sigma;
  return std::exp(-z * z / 2) / (hours * rules.delay_sigma * std::sqrt(2 * 3.14159265358979));
}

double ordinary_rate(const Footprints& footprints, const Weights& weights, Timestamp at, const Usual& usual,
                     const ScanRules& rules) {
  Customers here;
  for (const EndpointWeight& one : weights) {
    const Customers customers = footprints.customers(one.endpoint);
    here.mobile += one.weight * customers.mobile;
    here.fixed += one.weight * customers.fixed;
  }
  return usual.rate(here, at, rules);
}

Attachment attach(const Footprints& footprints, const Weights& weights, const Complaint& complaint,
                  std::span<const AttachTarget> targets, const Usual& usual, const CorrelateRules& rules) {
  Attachment result;
  const double ordinary = ordinary_rate(footprints, weights, complaint.received, usual, rules.scan);
  double all = ordinary, most = 0;
  const AttachTarget* best = nullptr;
  double coverage = 0;
  for (const AttachTarget& target : targets) {
    const Stream stream = stream_of(footprints.topology(), weights, complaint, target, rules.attach);
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
