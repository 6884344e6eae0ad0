#include "probes/packet/socket_address.h"

#include <netinet/in.h>

#include <cstring>

namespace faultline::packet {
namespace {

bool is_link_local(const in6_addr& address) {
  return IN6_IS_ADDR_LINKLOCAL(&address);
}

}  // namespace

IpAddress from_sockaddr(const sockaddr_storage& storage) {
  IpAddress address;
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    std::memcpy(address.bytes.data(), &v6.sin6_addr, 16);
    address.is_v6 = true;
    if (is_link_local(v6.sin6_addr)) address.scope = v6.sin6_scope_id;
  } else {
    sockaddr_in v4;
    std::memcpy(&v4, &storage, sizeof v4);
    std::memcpy(address.bytes.data(), &v4.sin_addr, 4);
  }
  return address;
}

std::uint16_t port_of(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &storage, sizeof v6);
    return ntohs(v6.sin6_port);
  }
  sockaddr_in v4;
  std::memcpy(&v4, &storage, sizeof v4);
  return ntohs(v4.sin_port);
}

socklen_t to_sockaddr(const IpAddress& address, std::uint16_t port, sockaddr_storage& storage) {
  if (address.is_v6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_scope_id = address.scope;
    std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
    std::memcpy(&storage, &v6, sizeof v6);
    return sizeof v6;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  std::memcpy(&v4.sin_addr, address.bytes.data(), 4);
  std::memcpy(&storage, &v4, sizeof v4);
  return sizeof v4;
}

}  // namespace faultline::packet
