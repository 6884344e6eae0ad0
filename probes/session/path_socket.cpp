#include "probes/session/path_socket.h"

#include "probes/wire/bytes.h"
#include "probes/wire/icmp.h"
#include "rules/model/round.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr std::uint16_t kFirstPort = 33'434;  // as traceroute has it: hardly anybody listens there
constexpr std::uint16_t kIndices = 1'024;
constexpr std::size_t kPayload = 24;

wire::IpVersion version_of(const asio::ip::address& address) {
  return address.is_v4() ? wire::IpVersion::v4 : wire::IpVersion::v6;
}

bool set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// An address as the kernel gives it beside a message.
asio::ip::address address_of(const sockaddr* raw) {
  if (raw->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, raw, sizeof in);
    return asio::ip::address_v4(ntohl(in.sin_addr.s_addr));
  }
  if (raw->sa_family != AF_INET6) return {};
  sockaddr_in6 in{};
  std::memcpy(&in, raw, sizeof in);
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes);
}

std::uint16_t port_of(const sockaddr_storage& raw) {
  if (raw.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &raw, sizeof in);
    return ntohs(in.sin_port);
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &raw, sizeof in);
  return ntohs(in.sin6_port);
}

std::optional<std::uint16_t> checked(std::uint32_t index) {
  if (index >= kIndices) return std::nullopt;
  return static_cast<std::uint16_t>(index);
}

// A message with all that may come beside it.
struct Message {
  std::array<std::byte, 256> data{};
  sockaddr_storage from{};  // in the error queue: where the packet was going
  alignas(cmsghdr) std::array<char, 512> control{};
  iovec part{};
  msghdr header{};
  std::size_t size = 0;

  bool receive(int fd, int flags) {
    part = {data.data(), data.size()};
    header = {};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t got = recvmsg(fd, &header, flags | MSG_DONTWAIT);
    size = got > 0 ? static_cast<std::size_t>(got) : 0;
    return got >= 0;
  }
  std::span<const std::byte> bytes() const { return std::span(data).first(size); }
};

std::optional<std::uint16_t> index_in(const Message& message, PathMethod method, wire::IpVersion version) {
  if (method == PathMethod::udp) return checked(std::uint32_t{port_of(message.from)} - kFirstPort);
  const auto echo = wire::decode_echo(version, message.bytes());
  if (!echo) return std::nullopt;
  return checked(echo->sequence);
}

}  // namespace

PathSocket::PathSocket(const asio::any_io_executor& executor, int fd, asio::ip::address to, PathMethod method)
    : descriptor_(executor, fd), to_(std::move(to)), method_(method) {}

Result<PathSocket> PathSocket::open(const asio::any_io_executor& executor, asio::ip::address to,
                                    PathMethod method) {
  const bool is_v4 = to.is_v4();
  const int by_icmp = is_v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                        method == PathMethod::icmp ? by_icmp : 0);
  if (fd < 0) return fail(fmt::format("no socket: {}", std::strerror(errno)));
  PathSocket made(executor, fd, std::move(to), method);
  const bool tells = is_v4 ? set(fd, IPPROTO_IP, IP_RECVERR, 1) : set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
  if (!tells) return fail(fmt::format("no error queue: {}", std::strerror(errno)));
  return made;
}

bool PathSocket::send(std::uint16_t index, int time_to_live) {
  const int fd = descriptor_.native_handle();
  const bool is_v4 = to_.is_v4();
  if (!(is_v4 ? set(fd, IPPROTO_IP, IP_TTL, time_to_live)
              : set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, time_to_live)))
    return false;
  // The last two bytes make up for the sequence number, so that every packet has the same checksum: some
  // routers choose the way by it.
  std::array<std::byte, kPayload> payload{};
  wire::write_be<std::uint16_t>(payload, kPayload - 2, static_cast<std::uint16_t>(~index));
  std::array<std::byte, wire::kEchoHeaderSize + kPayload> echo{};
  std::span<const std::byte> packet = payload;
  std::uint16_t port = 0;
  if (method_ == PathMethod::icmp)
    packet = std::span(echo).first(wire::encode_echo_request(version_of(to_), 0, index, payload, echo));
  else
    port = static_cast<std::uint16_t>(kFirstPort + index);
  const udp::endpoint remote(to_, port);
  const auto* raw = remote.data();
  const auto raw_size = static_cast<socklen_t>(remote.size());
  // An ICMP error that came for an earlier packet is told by the next call, which then has not sent.
  for (int attempt = 0; attempt < 3; ++attempt)
    if (sendto(fd, packet.data(), packet.size(), MSG_DONTWAIT, raw, raw_size) >= 0) return true;
  return false;
}

std::optional<PathAnswer> PathSocket::read() {
  if (auto answer = read_error()) return answer;
  return read_reply();
}

std::optional<PathAnswer> PathSocket::read_error() {
  Message message;
  while (message.receive(descriptor_.native_handle(), MSG_ERRQUEUE)) {
    for (auto* c = CMSG_FIRSTHDR(&message.header); c != nullptr; c = CMSG_NXTHDR(&message.header, c)) {
      const bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
      if (!is_error || c->cmsg_len < CMSG_LEN(sizeof(sock_extended_err) + sizeof(sockaddr_in))) continue;
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(c), sizeof error);
      if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
      const auto index = index_in(message, method_, version_of(to_));
      if (!index) continue;
      sockaddr_storage offender{};
      std::memcpy(&offender, CMSG_DATA(c) + sizeof error,
                  std::min<std::size_t>(sizeof offender, c->cmsg_len - CMSG_LEN(sizeof error)));
      const auto who = address_of(reinterpret_cast<const sockaddr*>(&offender));
      PathAnswer answer{.index = *index, .address = who.to_string(), .is_endpoint = who == to_};
      const OutcomeReason reason = wire::error_reason(version_of(to_), error.ee_type, error.ee_code);
      const bool is_usual = reason == OutcomeReason::ttl_exceeded ||
                            (reason == OutcomeReason::port_unreachable && answer.is_endpoint);
      if (!is_usual) answer.refusal = name(reason);
      return answer;
    }
  }
  return std::nullopt;
}

// The endpoint itself: an echo reply, or whatever listens on that port.
std::optional<PathAnswer> PathSocket::read_reply() {
  Message message;
  // An error that waits is told once instead of a message, and is in the error queue as well.
  for (int errors = 0; errors < 8;) {
    if (!message.receive(descriptor_.native_handle(), 0)) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      ++errors;
      continue;
    }
    const auto who = address_of(reinterpret_cast<const sockaddr*>(&message.from));
    const auto index = index_in(message, method_, version_of(to_));
    if (who == to_ && index)
      return PathAnswer{.index = *index, .address = who.to_string(), .is_endpoint = true};
  }
  return std::nullopt;
}

asio::awaitable<void> PathSocket::wait() {
  const auto token = asio::as_tuple(asio::use_awaitable);
  // Also ready when only the error queue has something: the kernel wakes readers for it.
  co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, token);
}

void PathSocket::cancel() {
  boost::system::error_code ignored;
  descriptor_.cancel(ignored);
}

void PathSocket::close() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

}  // namespace faultline::session
