// The one list of probe kinds. A new probe is its own file under session/ (or a kind of the packet engine)
// and one line in registry.cpp; configuration, `faultline check`, /metrics and the API find it here.
#pragma once

#include "probes/option.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"
#include "rules/model/round.h"

#include <memory>
#include <span>
#include <string_view>

namespace faultline {

class SessionProbe;  // probes/session/session_probe.h

// Who sends it: the sharded packet engine, or a coroutine of its own on the main loop.
enum class ProbeTransport : std::uint8_t { packet, session };
// Which column of endpoints.csv it goes by.
enum class ProbeSource : std::uint8_t {
  address,
  device,
  agent,  // or, without one, address
  name,   // which every endpoint has: what somebody else knows of it
};

// What its rounds are good for, and so when it is asked beside its schedule.
enum class ProbeRole : std::uint8_t {
  evidence,         // they say how the endpoint is: asked again when it is suspected
  costly_evidence,  // as well, but it loads the line: never asked beside the schedule
  closer_look,  // they tell more and never that an endpoint is well or bad: asked when a degradation begins,
                // and not at a suspicion, which happens thousands of times a day
};

struct ProbeKind {
  std::string_view name;  // "icmp"; as in configuration, metrics and API
  std::string_view help;  // one line
  ProbeTransport transport = ProbeTransport::packet;
  ProbeSource source = ProbeSource::address;
  std::span<const OptionSpec> options;
  std::span<const Metric> metrics;                                               // what its rounds carry
  std::unique_ptr<SessionProbe> (*make)(const ProbeOptions& options) = nullptr;  // session kinds only
  ProbeRole role = ProbeRole::evidence;
  // Session kinds only, may be missing: what no single option's limits can say. The error's message begins
  // with the option's name and a colon. Options that it refuses are never given to `make`.
  Result<void> (*check)(const ProbeOptions& options) = nullptr;
};

// In a fixed order; a kind's position is its ProbeKindIndex.
std::span<const ProbeKind> probe_kinds();
// Null if there is none.
const ProbeKind* find_probe_kind(std::string_view name);
ProbeKindIndex index_of(const ProbeKind& kind);

}  // namespace faultline
