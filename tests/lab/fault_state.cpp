#include "tests/lab/fault_state.h"

#include <algorithm>
#include <iterator>

namespace faultline::lab {
namespace {

std::uint32_t capped_sum(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{a} + b, UINT32_MAX));
}

// 1 - (1 - a)(1 - b)
Share either(Share a, Share b) {
  if (a == UINT32_MAX || b == UINT32_MAX) return UINT32_MAX;
  const std::uint64_t both = (std::uint64_t{a} * b) >> 32;
  return static_cast<Share>(std::uint64_t{a} + b - both);
}

Condition sum(const Condition& a, const Condition& b) {
  Condition c;
  c.silent = a.silent || b.silent;
  c.delay_ns = capped_sum(a.delay_ns, b.delay_ns);
  c.jitter_ns = capped_sum(a.jitter_ns, b.jitter_ns);
  c.loss = either(a.loss, b.loss);
  c.odd.duplicate = either(a.odd.duplicate, b.odd.duplicate);
  c.odd.reorder = either(a.odd.reorder, b.odd.reorder);
  c.odd.reorder_ns = b.odd.reorder != 0 ? b.odd.reorder_ns : a.odd.reorder_ns;
  c.odd.forge = either(a.odd.forge, b.odd.forge);
  c.odd.truncate = either(a.odd.truncate, b.odd.truncate);
  c.odd.unreachable = b.odd.unreachable >= 0 ? b.odd.unreachable : a.odd.unreachable;
  return c;
}

}  // namespace

std::vector<EndpointIndex> endpoints_of(const Topology& topology, const std::string& target) {
  if (target == kEverything) {
    std::vector<EndpointIndex> all(topology.endpoints().size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = EndpointIndex{i};
    return all;
  }
  if (const auto node = topology.find_node(target)) return topology.endpoints_below(*node);
  if (const auto endpoint = topology.find_endpoint(target)) return {*endpoint};
  return {};
}

const std::vector<EndpointIndex>& FaultState::begin(const FaultEvent& event, Duration at) {
  FaultRecord record;
  record.event = event;
  record.began = at;
  record.endpoints = endpoints_of(topology_, event.target);
  records_.push_back(std::move(record));
  return records_.back().endpoints;
}

std::vector<EndpointIndex> FaultState::restore(const std::string& target, Duration at) {
  std::vector<EndpointIndex> touched;
  for (FaultRecord& record : records_) {
    if (record.ended || record.event.target != target) continue;
    record.ended = at;
    touched = record.endpoints;  // the same for every fault of this target
  }
  return touched;
}

bool FaultState::touches(const FaultRecord& record, EndpointIndex endpoint) {
  return !record.ended && std::binary_search(record.endpoints.begin(), record.endpoints.end(), endpoint);
}

Condition FaultState::condition(EndpointIndex endpoint) const {
  Condition total;
  for (const FaultRecord& record : records_)
    if (touches(record, endpoint)) total = sum(total, record.event.condition);
  return total;
}

Condition FaultState::reference_condition() const {
  Condition total;
  for (const FaultRecord& record : records_)
    if (!record.ended && record.event.target == kEverything) total = sum(total, record.event.condition);
  return total;
}

SignalShift FaultState::signal(EndpointIndex endpoint) const {
  SignalShift total;
  for (const FaultRecord& record : records_) {
    if (!touches(record, endpoint)) continue;
    const SignalShift& shift = record.event.signal;
    total.rsrp_db += shift.rsrp_db;
    total.rsrq_db += shift.rsrq_db;
    total.sinr_db += shift.sinr_db;
    total.no_service = total.no_service || shift.no_service;
    if (shift.mode != ModemMode::normal) total.mode = shift.mode;
  }
  return total;
}

LightShift FaultState::light(EndpointIndex endpoint) const {
  LightShift total;
  for (const FaultRecord& record : records_) {
    if (!touches(record, endpoint)) continue;
    const LightShift& shift = record.event.light;
    total.rx_db += shift.rx_db;
    total.dark = total.dark || shift.dark;
    if (shift.rx_db != 0) total.over = shift.over;
  }
  return total;
}

Condition FaultState::condition_above(std::span<const EndpointIndex> endpoints) const {
  Condition total;
  for (const FaultRecord& record : records_) {
    const bool is_above = !topology_.find_endpoint(record.event.target) &&
                          std::all_of(endpoints.begin(), endpoints.end(),
                                      [&](EndpointIndex endpoint) { return touches(record, endpoint); });
    if (is_above) total = sum(total, record.event.condition);
  }
  return total;
}

std::optional<std::size_t> FaultState::fault_at(EndpointIndex endpoint) const {
  for (std::size_t i = records_.size(); i-- > 0;)
    if (touches(records_[i], endpoint)) return i;
  return std::nullopt;
}

}  // namespace faultline::lab
