// A small inventory and rounds of it, for the tests of daemon/metrics.
#pragma once

#include "rules/model/round.h"
#include "rules/model/topology.h"

#include <memory>
#include <string>
#include <vector>

namespace faultline::metrics {

inline std::shared_ptr<const Topology> network(const std::vector<std::string>& names,
                                               const Topology* previous = nullptr) {
  std::vector<EndpointRecord> endpoints;
  for (const std::string& name : names) {
    EndpointRecord record;
    record.endpoint.name = name;
    record.endpoint.technology = Technology::lte;
    record.endpoint.region = name.starts_with("north") ? "north" : "";
    endpoints.push_back(std::move(record));
  }
  return *Topology::build({}, std::move(endpoints), previous);
}

inline Round packets(EndpointIndex endpoint, std::uint16_t received, float rtt_ms) {
  Round round;
  round.endpoint = endpoint;
  round.outcome = received == 5 ? Outcome::ok : received > 0 ? Outcome::partial : Outcome::lost;
  round.packets.sent = 5;
  round.packets.received = received;
  if (received > 0) {
    round.rtt.median_ms = rtt_ms;
    round.rtt.minimum_ms = rtt_ms - 1;
    round.rtt.p95_ms = rtt_ms + 2;
    round.rtt.ipdv_ms = 3;
  }
  return round;
}

inline Round signal(EndpointIndex endpoint, float rsrp_dbm) {
  Round round;
  round.endpoint = endpoint;
  round.probe = 1;
  round.outcome = Outcome::ok;
  round.add(Metric::rsrp_dbm, rsrp_dbm);
  return round;
}

}  // namespace faultline::metrics
