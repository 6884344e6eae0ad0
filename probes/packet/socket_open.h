// Opens the sockets of the packet engine: raw ICMP, unprivileged ping, UDP. Filters so that nothing but echo
// replies to us, and ICMP errors, wakes us; time stamps and error queue on; large buffers.
#pragma once

#include "probes/packet/settings.h"
#include "probes/wire/icmp.h"
#include "rules/model/result.h"

#include <cstdint>
#include <optional>

namespace faultline::packet {

// A file descriptor that is closed with its owner.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

struct OpenedSocket {
  Socket socket;
  bool gives_ip_header = false;             // raw IPv4
  std::optional<std::uint16_t> identifier;  // raw: the only echo identifier that passes the filter
};

// ICMP by `mode`. The error names what can be done about it.
Result<OpenedSocket> open_icmp(wire::IpVersion version, IcmpMode mode, std::uint16_t identifier,
                               std::uint32_t receive_buffer);
// UDP on a port that the kernel chooses.
Result<OpenedSocket> open_udp(wire::IpVersion version, std::uint32_t receive_buffer);
// For a raw socket of its own.
std::uint16_t random_identifier();
// False where the kernel has no IPv6.
bool has_ipv6();

}  // namespace faultline::packet
