// Where the SNMP agent of an endpoint is, as the inventory's column `agent` says it: host[:port][/index]. The
// agent of an ONU or cable modem is often its OLT or CMTS, and the index is its row there. Pure; used by the
// inventory's rows and by the snmp probe.
#pragma once

#include "probes/session/device_profile.h"
#include "rules/model/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace faultline::session {

inline constexpr std::uint16_t kSnmpPort = 161;
inline constexpr std::size_t kMaxAgentBytes = 512;

struct AgentAddress {
  std::string host;  // literal without brackets, or name; empty: the endpoint's own address
  std::uint16_t port = kSnmpPort;
  Oid index;  // of the endpoint's row, such as 268501248.1; empty: the only row, or no table

  bool operator==(const AgentAddress&) const = default;
};

// "10.0.0.1", "olt-3:1161", "olt-3/268501248.1", "[2001:db8::1]:161/7", "2001:db8::1", ":1161", "/7", "".
// Whether the host is a good name or address is not looked at. The error says what was expected.
Result<AgentAddress> parse_agent(std::string_view text);

}  // namespace faultline::session
