#include "probes/reflector/server.h"

#include "probes/packet/control_message.h"
#include "probes/packet/random_key.h"
#include "probes/packet/socket_address.h"
#include "probes/packet/socket_open.h"
#include "probes/packet/stamp_clock.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <utility>

namespace faultline::reflector {
namespace {

using packet::IpAddress;
using packet::Socket;

constexpr std::size_t kBatch = 32;
constexpr std::size_t kLongestPacket = 9216;  // a jumbo frame's
constexpr std::size_t kControl = 256;
constexpr int kBuffer = 4 << 20;
constexpr std::int64_t kClockCheckedEvery = 10'000'000'000;

std::int64_t wall_now() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

template <typename T>
bool set(int socket, int level, int option, T value) {
  return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

Result<Socket> open_socket(const IpAddress& address, std::uint16_t port) {
  const int family = address.is_v6 ? AF_INET6 : AF_INET;
  Socket socket(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto failed = [&](const char* what) {
    return fail(fmt::format("{} port {}: {}: {}{}", packet::to_string(address), port, what,
                            std::strerror(errno),
                            errno == EACCES ? "; a port below 1024 wants root or CAP_NET_BIND_SERVICE" : ""));
  };
  if (!socket.is_open()) return failed("cannot make a socket");
  const int fd = socket.get();
  set(fd, SOL_SOCKET, SO_RCVBUF, kBuffer);
  set(fd, SOL_SOCKET, SO_SNDBUF, kBuffer);
  const bool is_set =
      set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) &&
      (address.is_v6 ? set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) &&
                           set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                     : set(fd, IPPROTO_IP, IP_RECVTTL, 1) && set(fd, IPPROTO_IP, IP_PKTINFO, 1));
  if (!is_set) return failed("cannot set the socket up");
  sockaddr_storage name{};
  const socklen_t length = packet::to_sockaddr(address, port, name);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&name), length) != 0) return failed("cannot listen");
  return socket;
}

// Packets of one read, and their answers.
struct Batch {
  std::array<mmsghdr, kBatch> in{}, out{};
  std::array<iovec, kBatch> in_data{}, out_data{};
  std::array<sockaddr_storage, kBatch> names{};
  alignas(cmsghdr) std::array<std::array<std::byte, kControl>, kBatch> in_control{}, out_control{};
  std::vector<std::byte> in_bytes = std::vector<std::byte>(kBatch * kLongestPacket);
  std::vector<std::byte> out_bytes = std::vector<std::byte>(kBatch * kLongestPacket);

  std::span<std::byte> in_buffer(std::size_t i) {
    return std::span(in_bytes).subspan(i * kLongestPacket, kLongestPacket);
  }
  std::span<std::byte> out_buffer(std::size_t i) {
    return std::span(out_bytes).subspan(i * kLongestPacket, kLongestPacket);
  }

  void prepare() {
    for (std::size_t i = 0; i < kBatch; ++i) {
      in_data[i] = {in_buffer(i).data(), kLongestPacket};
      msghdr& header = in[i].msg_hdr;
      header = {};
      header.msg_name = &names[i];
      header.msg_namelen = sizeof names[i];
      header.msg_iov = &in_data[i];
      header.msg_iovlen = 1;
      header.msg_control = in_control[i].data();
      header.msg_controllen = kControl;
    }
  }
};

template <typename T>
T content(cmsghdr* message) {
  T value{};
  std::memcpy(&value, CMSG_DATA(message), sizeof value);
  return value;
}

// Time and hop limit of a packet; and, into `control`, that the answer leaves from the address it came to.
std::size_t read_control(msghdr& header, ReceivedPacket& packet, std::span<std::byte> control) {
  std::size_t used = 0;
  for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
    const int level = one->cmsg_level, type = one->cmsg_type;
    if (level == SOL_SOCKET && type == SCM_TIMESTAMPNS) {
      const auto t = content<timespec>(one);
      packet.received_ns = std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
    } else if ((level == IPPROTO_IP && type == IP_TTL) || (level == IPPROTO_IPV6 && type == IPV6_HOPLIMIT)) {
      packet.ttl = static_cast<std::uint8_t>(content<int>(one));
    } else if (level == IPPROTO_IP && type == IP_PKTINFO) {
      in_pktinfo from{};
      from.ipi_spec_dst = content<in_pktinfo>(one).ipi_spec_dst;
      used = packet::put_control(control.data(), level, type, from);
    } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
      used = packet::put_control(control.data(), level, type, content<in6_pktinfo>(one));
    }
  }
  return used;
}

}  // namespace

struct Server::Impl {
  Impl(ReflectorSettings settings, std::vector<Socket> opened, std::uint16_t bound)
      : sockets(std::move(opened)),
        wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        port(bound),
        reflector(std::move(settings), packet::random_key()) {
    if (!wake.is_open()) throw std::runtime_error("no eventfd from the kernel");
  }

  void read(int fd) {
    for (;;) {
      batch.prepare();
      const int count = recvmmsg(fd, batch.in.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (count <= 0) return;
      const std::int64_t now = wall_now();
      if (now - clock_checked > kClockCheckedEvery || now < clock_checked) {
        is_synchronised = packet::clock_is_synchronised();
        clock_checked = now;
      }
      unsigned answers = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) answers += answer(i, answers) ? 1 : 0;
      send(fd, answers);
      if (static_cast<std::size_t>(count) < kBatch) return;
    }
  }

  // Packet i, answered as number `number`.
  bool answer(std::size_t i, unsigned number) {
    msghdr& header = batch.in[i].msg_hdr;
    ReceivedPacket received;
    received.bytes = batch.in_buffer(i).first(batch.in[i].msg_len);
    received.from = packet::from_sockaddr(batch.names[i]);
    received.from_port = packet::port_of(batch.names[i]);
    received.clock_is_synchronised = is_synchronised;
    received.received_ns = wall_now();  // unless the kernel has said when
    const std::size_t control = read_control(header, received, batch.out_control[number]);
    Verdict verdict = Verdict::too_short;
    std::size_t size = 0;
    if ((header.msg_flags & MSG_TRUNC) == 0)
      verdict = reflector.reflect(received, wall_now(), batch.out_buffer(number), size);
    ++counts.by_verdict[static_cast<std::size_t>(verdict)];
    if (verdict != Verdict::answered) return false;
    batch.out_data[number] = {batch.out_buffer(number).data(), size};
    msghdr& out = batch.out[number].msg_hdr;
    out = {};
    out.msg_name = &batch.names[i];
    out.msg_namelen = header.msg_namelen;
    out.msg_iov = &batch.out_data[number];
    out.msg_iovlen = 1;
    out.msg_control = control > 0 ? batch.out_control[number].data() : nullptr;
    out.msg_controllen = control;
    return true;
  }

  // What the kernel does not take is dropped: a sender that is not reachable must not hold up others.
  void send(int fd, unsigned answers) {
    for (unsigned sent = 0; sent < answers;) {
      const int count = sendmmsg(fd, batch.out.data() + sent, answers - sent, MSG_DONTWAIT);
      if (count > 0) {
        sent += static_cast<unsigned>(count);
      } else {
        ++counts.not_sent;
        ++sent;
      }
    }
  }

  std::vector<Socket> sockets;
  Socket wake;
  std::uint16_t port;
  Reflector reflector;
  Batch batch;
  Counts counts;
  std::int64_t clock_checked = 0;
  bool is_synchronised = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(const std::vector<std::string>& addresses,
                                             ReflectorSettings settings) {
  std::vector<IpAddress> wanted;
  for (const std::string& text : addresses) {
    const auto address = packet::parse_address(text);
    if (!address) return fail(fmt::format("\"{}\" is no IPv4 or IPv6 address", text));
    wanted.push_back(*address);
  }
  if (wanted.empty()) {
    wanted.emplace_back();
    if (packet::has_ipv6()) wanted.emplace_back().is_v6 = true;
  }
  std::vector<Socket> sockets;
  for (const IpAddress& address : wanted) {
    auto socket = open_socket(address, settings.port);
    if (!socket) return tl::make_unexpected(socket.error());
    sockets.push_back(std::move(*socket));
  }
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  getsockname(sockets.front().get(), reinterpret_cast<sockaddr*>(&name), &length);
  settings.port = packet::port_of(name);
  const std::uint16_t port = settings.port;
  return std::unique_ptr<Server>(
      new Server(std::make_unique<Impl>(std::move(settings), std::move(sockets), port)));
}

std::uint16_t Server::port() const {
  return impl_->port;
}

void Server::run() {
  std::vector<pollfd> polled{{impl_->wake.get(), POLLIN, 0}};
  for (const Socket& socket : impl_->sockets) polled.push_back({socket.get(), POLLIN, 0});
  for (;;) {
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR)
      throw std::runtime_error(fmt::format("poll: {}", std::strerror(errno)));
    if (polled.front().revents != 0) return;
    for (std::size_t i = 1; i < polled.size(); ++i)
      if (polled[i].revents != 0) impl_->read(polled[i].fd);
  }
}

void Server::stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(impl_->wake.get(), &one, sizeof one);
}

Counts Server::counts() const {
  return impl_->counts;
}

}  // namespace faultline::reflector
