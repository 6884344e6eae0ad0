// Addresses as the kernel's calls want and give them.
#pragma once

#include "probes/packet/address.h"

#include <sys/socket.h>

#include <cstdint>

namespace faultline::packet {

IpAddress from_sockaddr(const sockaddr_storage& storage);
std::uint16_t port_of(const sockaddr_storage& storage);
// Gives the length of what it wrote.
socklen_t to_sockaddr(const IpAddress& address, std::uint16_t port, sockaddr_storage& storage);

}  // namespace faultline::packet
