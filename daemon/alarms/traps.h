// What an SNMP trap says: which one begins an alarm and which ends it. A beginning without an end is no
// state, so traps are known in pairs: the operator's (alarms.traps.pairs), then those built in. Pure.
#pragma once

#include "daemon/alarms/desk.h"
#include "daemon/alarms/mapping.h"
#include "probes/session/snmp_trap.h"

#include <optional>
#include <span>

namespace faultline::alarms {

// The fields are "trap" (its object identifier), "agent", each variable by its object identifier, with and
// without the last part, "ifIndex", "ifDescr", "ifName", "ifAlias", and "probableCause" as the pair says it.
// Nothing: no pair knows the trap.
std::optional<Report> read_trap(const session::SnmpTrap& trap, std::span<const TrapPair> pairs,
                                Timestamp now);
std::span<const TrapPair> built_in_pairs();

}  // namespace faultline::alarms
