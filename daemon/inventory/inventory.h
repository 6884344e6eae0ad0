// What is watched: nodes and endpoints from CSV files or from inline YAML, checked row by row with every
// mistake and its place, and made into a Topology. Called by main at the start, by a reload and by `faultline
// check`; no threads, keeps nothing.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/problem.h"
#include "probes/registry.h"
#include "rules/model/maintenance.h"
#include "rules/model/topology.h"

#include <memory>
#include <string>
#include <vector>

namespace faultline::inventory {

// What an endpoint is measured by, which a Topology need not know. All are empty for a retired endpoint,
// never for another.
struct EndpointAccess {
  std::string address;  // literal or host name
  std::string device;  // path of a serial port or pty, relative ones already joined to the config's directory
  std::string agent;   // its SNMP agent: probes/session/agent_address.h
  std::string name{};  // the endpoint's own, if its profile has a probe that goes by it

  bool operator==(const EndpointAccess&) const = default;
};

// What a probe of that source goes by; empty: it does not measure this endpoint.
const std::string& source_of(const EndpointAccess& access, ProbeSource source);

struct Inventory {
  std::shared_ptr<const Topology> topology;
  std::vector<EndpointAccess> access;  // by EndpointIndex
};

// With `previous`, same-named things keep their indexes. Adds to `problems` whatever is wrong; the result has
// a null topology if anything is.
Inventory load_inventory(const config::Config& config, const Topology* previous, config::Problems& problems);

// The planned windows of the maintenance file; those without a mistake, in file order. Empty without a file.
std::vector<Maintenance> load_maintenance(const config::Config& config, const Topology& topology,
                                          config::Problems& problems);

}  // namespace faultline::inventory
