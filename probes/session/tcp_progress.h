// How far a TCP connection has come by what the other side says, not by what the kernel has taken to send.
#pragma once

#include <cstdint>
#include <optional>

namespace faultline::session {

// Bytes that the other side has acknowledged since the connection stands (RFC 4898
// tcpEStatsAppHCThruOctetsAcked). Nothing if this is no connection.
std::optional<std::uint64_t> acknowledged_bytes(int socket);

}  // namespace faultline::session
