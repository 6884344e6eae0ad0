#include "probes/packet/socket_open.h"

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace faultline::packet {
namespace {

constexpr int kSendBuffer = 4 << 20;

template <typename T>
bool set(int socket, int level, int option, const T& value) {
  return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

// More than net.core.[rw]mem_max if CAP_NET_ADMIN allows it.
void set_buffer(int socket, int option, int forced_option, int size) {
  if (!set(socket, SOL_SOCKET, forced_option, size)) set(socket, SOL_SOCKET, option, size);
}

bool set_common(int socket, wire::IpVersion version, std::uint32_t receive_buffer) {
  set_buffer(socket, SO_RCVBUF, SO_RCVBUFFORCE, static_cast<int>(receive_buffer));
  set_buffer(socket, SO_SNDBUF, SO_SNDBUFFORCE, kSendBuffer);
  const int on = 1;
  // The error queue tells ICMP errors with the packet that they quote, and full queues below us.
  const bool errors = version == wire::IpVersion::v4 ? set(socket, IPPROTO_IP, IP_RECVERR, on)
                                                     : set(socket, IPPROTO_IPV6, IPV6_RECVERR, on);
  return errors && set(socket, SOL_SOCKET, SO_TIMESTAMPNS, on);
}

// Raw sockets get a copy of every ICMP message of the machine: let only echo replies with our identifier in.
bool filter_v4(int socket, std::uint16_t identifier) {
  icmp_filter types{};
  types.data = ~(1U << ICMP_ECHOREPLY);
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),  // X = length of the IP header
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  }};
  std::array<sock_filter, 5> whole{};
  std::copy(program.begin(), program.end(), whole.begin());
  whole[4] = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog attached{.len = static_cast<unsigned short>(whole.size()), .filter = whole.data()};
  return set(socket, SOL_RAW, ICMP_FILTER, types) && set(socket, SOL_SOCKET, SO_ATTACH_FILTER, attached);
}

bool filter_v6(int socket, std::uint16_t identifier) {
  icmp6_filter types;
  ICMP6_FILTER_SETBLOCKALL(&types);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &types);
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog attached{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  return set(socket, IPPROTO_ICMPV6, ICMP6_FILTER, types) &&
         set(socket, SOL_SOCKET, SO_ATTACH_FILTER, attached);
}

int family(wire::IpVersion version) {
  return version == wire::IpVersion::v4 ? AF_INET : AF_INET6;
}

Result<OpenedSocket> configure(int descriptor, wire::IpVersion version, std::uint32_t receive_buffer) {
  OpenedSocket opened{.socket = Socket(descriptor), .identifier = {}};
  if (!set_common(descriptor, version, receive_buffer))
    return fail(fmt::format("cannot set up a socket: {}", std::strerror(errno)));
  return opened;
}

Result<OpenedSocket> open_raw(wire::IpVersion version, std::uint16_t identifier,
                              std::uint32_t receive_buffer) {
  const bool v4 = version == wire::IpVersion::v4;
  const int protocol = v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  const int descriptor = socket(family(version), SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (descriptor < 0) return fail(fmt::format("a raw socket: {}", std::strerror(errno)));
  Socket owner(descriptor);
  // The filter comes first: nothing foreign may queue up before it.
  if (!(v4 ? filter_v4(descriptor, identifier) : filter_v6(descriptor, identifier)))
    return fail(fmt::format("cannot filter a raw socket: {}", std::strerror(errno)));
  if (!set_common(descriptor, version, receive_buffer))
    return fail(fmt::format("cannot set up a raw socket: {}", std::strerror(errno)));
  return OpenedSocket{.socket = std::move(owner), .gives_ip_header = v4, .identifier = identifier};
}

Result<OpenedSocket> open_ping(wire::IpVersion version, std::uint32_t receive_buffer) {
  const int protocol =
      version == wire::IpVersion::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  const int descriptor = socket(family(version), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (descriptor < 0) return fail(fmt::format("an unprivileged ping socket: {}", std::strerror(errno)));
  return configure(descriptor, version, receive_buffer);
}

constexpr const char* kRemedies =
    "one of three: run with CAP_NET_RAW (setcap cap_net_raw+ep on the program, or "
    "AmbientCapabilities=CAP_NET_RAW in its systemd unit); let this group use ping sockets (sysctl "
    "net.ipv4.ping_group_range=\"0 2147483647\"); probe with stamp only";

}  // namespace

Socket::~Socket() {
  if (is_open()) close(descriptor_);
}
Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Result<OpenedSocket> open_icmp(wire::IpVersion version, IcmpMode mode, std::uint16_t identifier,
                               std::uint32_t receive_buffer) {
  std::string tried;
  if (mode != IcmpMode::unprivileged) {
    auto raw = open_raw(version, identifier, receive_buffer);
    if (raw) return raw;
    tried = raw.error().message;
  }
  if (mode != IcmpMode::raw) {
    auto ping = open_ping(version, receive_buffer);
    if (ping) return ping;
    tried += (tried.empty() ? "" : "; ") + ping.error().message;
  }
  return fail(fmt::format("icmp: cannot open {}. Do {}", tried, kRemedies));
}

Result<OpenedSocket> open_udp(wire::IpVersion version, std::uint32_t receive_buffer) {
  const int descriptor = socket(family(version), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return fail(fmt::format("stamp: cannot open a UDP socket: {}", std::strerror(errno)));
  if (version == wire::IpVersion::v6) set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return configure(descriptor, version, receive_buffer);
}

std::uint16_t random_identifier() {
  std::uint16_t identifier = 0;
  if (getrandom(&identifier, sizeof identifier, 0) != sizeof identifier)
    throw std::runtime_error("no random numbers from the kernel");
  return identifier;
}

bool has_ipv6() {
  const Socket probe(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe.is_open();
}

}  // namespace faultline::packet
