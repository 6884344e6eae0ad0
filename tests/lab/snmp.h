// SNMP version 2c as an agent speaks it to a manager that reads: GET, GETNEXT and GETBULK (RFC 3416) of one
// community, in the encoding of X.690. The lab's own, so that it is an independent witness of the daemon's.
// Pure.
#pragma once

#include "tests/lab/bytes.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace faultline::lab {

using Oid = std::vector<std::uint32_t>;                          // at least two parts, the first 0, 1 or 2
using SnmpValue = std::variant<std::int32_t, std::string, Oid>;  // INTEGER, OCTET STRING, OBJECT IDENTIFIER
using SnmpObjects = std::map<Oid, SnmpValue>;                    // by instance, in the order of GETNEXT

inline constexpr std::uint16_t kSnmpPort = 161;
inline constexpr std::size_t kMostSnmpBytes = 1400;  // of an answer: fits into one packet

// The whole answer to a question; empty if an agent says nothing: garbage, another version or community, a
// SET.
std::string snmp_answer(ConstBytes question, std::string_view community, const SnmpObjects& objects);

}  // namespace faultline::lab
