// Values and names as net-snmp has them, as our own. For the files that speak by net-snmp; nobody else
// includes this.
#pragma once

#include "probes/session/device_profile.h"

#include <net-snmp/net-snmp-config.h>
// After it, as the library wishes.
#include <net-snmp/net-snmp-includes.h>

#include <cstddef>
#include <string>

namespace faultline::session {

// At most as many parts as an OID has (RFC 2578 §3.5: 128).
Oid oid_of(const oid* parts, std::size_t count);

// Of a kind `none`: noSuchObject, noSuchInstance, endOfMibView, NULL, and types that are no value of ours.
// Text is cut after 1,024 bytes.
SnmpValue value_of(const netsnmp_variable_list& variable);

// As a person reads it; text in quotation marks.
std::string text_of(const SnmpValue& value);

}  // namespace faultline::session
