// What happens in the simulated network: faults, and what only looks like one. All of it is drawn before the
// simulation begins, so that every part of it is known when tickets are judged.
#pragma once

#include "rules/model/incident.h"
#include "rules/model/time.h"
#include "tests/accuracy/network.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace faultline::accuracy {

enum class Kind : std::uint8_t {
  ep_hard,
  ep_soft,
  site_hw,
  power,
  agg_cut,
  agg_part,  // a segment of a ring that the inventory does not know
  agg_cong,
  core_part,
  sil_ep,  // silent: probes see nothing, customers do
  sil_site,
  sil_agg,
  blip,  // from here on: nothing that wants a ticket
  flapping,
  maintenance,
  probe_host,
};
inline constexpr std::size_t kFaultKinds = 11;
inline constexpr std::array<std::string_view, 15> kKindNames = {
    "ep_hard", "ep_soft",  "site_hw", "power", "agg_cut",  "agg_part",    "agg_cong",  "core_part",
    "sil_ep",  "sil_site", "sil_agg", "blip",  "flapping", "maintenance", "probe_host"};
constexpr std::string_view name(Kind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}
constexpr bool is_fault(Kind kind) {
  return static_cast<std::size_t>(kind) < kFaultKinds;
}
constexpr bool is_silent(Kind kind) {
  return kind == Kind::sil_ep || kind == Kind::sil_site || kind == Kind::sil_agg;
}

// What it does to an endpoint.
struct Effect {
  float loss = 0;
  float rtt_factor = 1;
  float signal_db = 0;   // added to RSRP, to the light or to the MER
  bool off_air = false;  // a modem finds no cell
  bool is_none() const { return loss == 0 && rtt_factor == 1 && signal_db == 0 && !off_air; }
};

struct Event {
  Kind kind = Kind::ep_hard;
  std::int64_t begin_s = 0, end_s = 0;   // since the simulation began
  std::vector<EndpointIndex> endpoints;  // what it hits, sorted
  Root root;                             // what a ticket should name; an empty area: nothing in the inventory
  Root same_root;                        // what would be as right (a power zone of one site)
  Cause cause = Cause::transport;
  Effect effect;
  double call_in_fixed = 0, call_in_mobile = 0;  // share of the customers who complain
  bool observable = true;                        // false: inside a fault or window that hides it
  std::int32_t hidden_by = -1;  // that fault; its ticket is the right one for the complaints of this one, too
  std::uint32_t episode = 0;    // flapping: the ups and downs of one endpoint
  std::uint32_t callers = 0;    // distinct customers who complain; filled in by make_calls
};

// The baselines learn: nothing breaks on the first day.
inline constexpr std::int64_t kWarmUp_s = 86400;

struct PlanOptions {
  double days = 14;
  double load = 1;  // times as many faults
  bool silent_only = false;
  std::uint32_t probe_hosts = 1;  // where there are others, one that fails hides nothing
  std::uint64_t seed = 1;
};

// In the order of their beginnings.
std::vector<Event> make_plan(const Network& network, const PlanOptions& options);

// The simulation begins on a Monday at midnight, UTC, which is local time.
inline constexpr Timestamp kEpoch = Timestamp(std::chrono::seconds(1'767'571'200));
constexpr Timestamp at_second(std::int64_t second) {
  return kEpoch + std::chrono::seconds(second);
}

}  // namespace faultline::accuracy
