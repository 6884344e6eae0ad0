// The users of version 3 that net-snmp knows: its list is global, by engine and name, and never takes a new
// key for a known user. This keeps it true to the credentials in use, and bounded. Main loop only.
#pragma once

#include "probes/session/snmp_library.h"

#include <memory>
#include <string>

struct snmp_session;

namespace faultline::session {

// Agents whose engines are remembered; far more than one daemon polls.
inline constexpr std::size_t kMostSnmpUsers = 50'000;

// Makes `session`'s user known to its engine, with the keys of `identity`; what the user was before is
// forgotten. The engine must be set. False if the library will not.
bool introduce_snmp_user(snmp_session& session, const std::shared_ptr<const SnmpIdentity>& identity);

}  // namespace faultline::session
