// Which faults are in force, whom each touches, and what they add up to for one endpoint. Pure: the director
// tells it what begins and ends, and hands the sums to the emulator and the modems.
#pragma once

#include "rules/model/topology.h"
#include "tests/lab/scenario.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace faultline::lab {

struct FaultRecord {
  FaultEvent event;
  Duration began{0};
  std::optional<Duration> ended;
  std::vector<EndpointIndex> endpoints;  // touched, sorted; for `everything` all of them
  std::vector<std::string> complaints;   // ids of those that it caused
};

// The endpoints that a fault of this target touches, sorted: the endpoint itself, or all below the node.
std::vector<EndpointIndex> endpoints_of(const Topology& topology, const std::string& target);

class FaultState {
 public:
  explicit FaultState(const Topology& topology) : topology_(topology) {}

  // Returns the endpoints whose condition may have changed.
  const std::vector<EndpointIndex>& begin(const FaultEvent& event, Duration at);
  std::vector<EndpointIndex> restore(const std::string& target, Duration at);

  // The sum of the faults in force. Delays and dB add up, losses combine as independent ones.
  Condition condition(EndpointIndex endpoint) const;
  SignalShift signal(EndpointIndex endpoint) const;
  LightShift light(EndpointIndex endpoint) const;
  // Of equipment above all of these (sorted), such as their OLT: what touches each of them, but for faults of
  // a single endpoint.
  Condition condition_above(std::span<const EndpointIndex> endpoints) const;
  // Of the references, which only `everything` touches.
  Condition reference_condition() const;
  // The latest fault in force that touches the endpoint; its index in records().
  std::optional<std::size_t> fault_at(EndpointIndex endpoint) const;

  std::vector<FaultRecord>& records() { return records_; }
  const std::vector<FaultRecord>& records() const { return records_; }

 private:
  static bool touches(const FaultRecord& record, EndpointIndex endpoint);

  const Topology& topology_;
  std::vector<FaultRecord> records_;  // in the order of their beginning
};

}  // namespace faultline::lab
