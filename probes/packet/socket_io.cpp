#include "probes/packet/socket_io.h"

#include "probes/packet/control_message.h"
#include "probes/packet/socket_address.h"
#include "probes/wire/icmp.h"

#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace faultline::packet {
namespace {

constexpr std::size_t kDataRoom = 256;  // of a packet received: headers, token, HMAC; padding may go
constexpr std::size_t kControlRoom = 256;
constexpr std::size_t kLongestPadding = 9000;
// A sending call of 64 packets takes 0.1 ms; one that took longer was held up, and nobody knows where.
constexpr Nanos kLongestSendCall = 1'000'000;
constexpr int kMostPendingErrors = 16;
constexpr Nanos kInterfaceMemory = 1'000'000'000;

const std::array<std::byte, kLongestPadding> kZeroes{};

SendStatus status_of(int error) {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN ? SendStatus::no_route
                                                                            : SendStatus::failed;
}

// An ICMP error that came for an earlier packet is told by whatever call is next; the error queue has it too.
bool may_be_pending_error(int error) {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EACCES ||
         error == EPROTO || error == EMSGSIZE || error == EOPNOTSUPP || error == EHOSTDOWN || error == ENONET;
}

}  // namespace

struct SocketIo::Buffers {
  std::array<mmsghdr, kBatch> headers{};
  std::array<std::array<iovec, 2>, kBatch> pieces{};
  std::array<sockaddr_storage, kBatch> names{};
  std::array<std::array<std::byte, kDataRoom>, kBatch> data{};
  alignas(cmsghdr) std::array<std::array<std::byte, kControlRoom>, kBatch> control{};
  std::array<Incoming, kBatch> incoming{};
};

SocketIo::SocketIo(OpenedSocket socket, wire::IpVersion version, StampClock& clock)
    : socket_(std::move(socket.socket)),
      version_(version),
      clock_(clock),
      buffers_(std::make_unique<Buffers>()),
      emptied_at_(steady_now()),
      strip_ip_header_(socket.gives_ip_header) {}

SocketIo::~SocketIo() = default;

// 0 for none. Asked again every second, since interfaces come and go.
unsigned SocketIo::interface_index(const std::string& name) {
  if (name.empty()) return 0;
  const auto now = steady_now();
  if (name != interface_name_ || now - interface_asked_at_ > kInterfaceMemory) {
    interface_name_ = name;
    interface_index_ = if_nametoindex(name.c_str());
    interface_asked_at_ = now;
  }
  return interface_index_;
}

// Source address, interface and DSCP go with each packet, so that one socket serves all settings.
std::size_t SocketIo::control_for(const PacketSettings& settings, std::byte* buffer) {
  std::size_t size = 0;
  const int traffic_class = settings.dscp << 2;
  const bool v4 = version_ == wire::IpVersion::v4;
  if (settings.dscp != 0)
    size += put_control(buffer, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, traffic_class);
  const bool with_source = settings.source && settings.source->is_v6 == !v4;
  if (!with_source && settings.interface.empty()) return size;
  const auto index = interface_index(settings.interface);
  if (v4) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(index);
    if (with_source) std::memcpy(&info.ipi_spec_dst, settings.source->bytes.data(), 4);
    return size + put_control(buffer + size, IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info{};
  info.ipi6_ifindex = index;
  if (with_source) std::memcpy(&info.ipi6_addr, settings.source->bytes.data(), 16);
  return size + put_control(buffer + size, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

void SocketIo::send(std::span<Outgoing> packets) {
  for (std::size_t first = 0; first < packets.size();) first += send_some(packets, first);
}

// One sending call; returns how many packets it has settled (at least one).
std::size_t SocketIo::send_some(std::span<Outgoing> packets, std::size_t first) {
  const auto count = prepare(packets.subspan(first, std::min(packets.size() - first, kBatch)));
  if (count == 0) {  // its interface does not exist
    packets[first].status = SendStatus::failed;
    return 1;
  }
  int sent = -1;
  Nanos before = 0;
  for (int attempt = 0; attempt < kMostPendingErrors && sent < 0; ++attempt) {
    before = steady_now();
    sent = sendmmsg(socket_.get(), buffers_->headers.data(), static_cast<unsigned>(count), 0);
    if (sent < 0 && errno == EAGAIN && attempt == 0) {
      pollfd room{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
      poll(&room, 1, 1);
    } else if (sent < 0 && errno != EINTR && !may_be_pending_error(errno)) {
      break;
    }
  }
  if (sent <= 0) {
    packets[first].status = status_of(errno);
    return 1;
  }
  const auto after = steady_now();
  const auto step = (after - before) / sent;
  for (std::size_t i = 0; i < static_cast<std::size_t>(sent); ++i) {
    auto& packet = packets[first + i];
    packet.status = SendStatus::sent;
    packet.sent_at = before + step * static_cast<Nanos>(i) + step / 2;
    packet.time_certain = after - before <= kLongestSendCall;
  }
  return static_cast<std::size_t>(sent);
}

// Lays out what sendmmsg wants; returns for how many packets, which ends before one that cannot be sent.
std::size_t SocketIo::prepare(std::span<Outgoing> packets) {
  auto& b = *buffers_;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    auto& packet = packets[i];
    const auto& interface = packet.settings->interface;
    if (!interface.empty() && interface_index(interface) == 0) return i;
    auto padding = std::min<std::size_t>(packet.padding, kLongestPadding);
    std::size_t head = packet.header_size;
    if (head + padding <= kHeaderRoom) {  // one piece costs the kernel less than two
      std::fill_n(packet.header.begin() + packet.header_size, padding, std::byte{0});
      head += std::exchange(padding, 0);
    }
    b.pieces[i] = {{{packet.header.data(), head}, {const_cast<std::byte*>(kZeroes.data()), padding}}};
    auto& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.names[i];
    header.msg_namelen = to_sockaddr(packet.to, packet.port, b.names[i]);
    header.msg_iov = b.pieces[i].data();
    header.msg_iovlen = padding > 0 ? 2 : 1;
    header.msg_controllen = control_for(*packet.settings, b.control[i].data());
    header.msg_control = header.msg_controllen > 0 ? b.control[i].data() : nullptr;
  }
  return packets.size();
}

std::size_t SocketIo::read(int flags) {
  auto& b = *buffers_;
  for (std::size_t i = 0; i < kBatch; ++i) {
    b.pieces[i][0] = {b.data[i].data(), kDataRoom};
    auto& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.names[i];
    header.msg_namelen = sizeof b.names[i];
    header.msg_iov = b.pieces[i].data();
    header.msg_iovlen = 1;
    header.msg_control = b.control[i].data();
    header.msg_controllen = kControlRoom;
  }
  int count = -1;
  for (int attempt = 0; attempt < kMostPendingErrors && count < 0; ++attempt) {
    count = recvmmsg(socket_.get(), b.headers.data(), kBatch, flags | MSG_DONTWAIT, nullptr);
    if (count < 0 && errno != EINTR && !may_be_pending_error(errno)) break;
  }
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::span<const Incoming> SocketIo::receive() {
  const auto begun = steady_now();
  for (;;) {
    bool is_error = looks_empty_;
    auto count = is_error ? 0 : read(0);
    if (!is_error) looks_empty_ = count < kBatch;
    if (count == 0) {
      is_error = true;
      count = read(MSG_ERRQUEUE);
    }
    if (count == 0) {
      emptied_at_ = begun;
      looks_empty_ = false;
      return {};
    }
    clock_.update(read_clocks());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i)
      if (fill(buffers_->incoming[kept], i, is_error)) ++kept;
    if (kept > 0) return {buffers_->incoming.data(), kept};
  }
}

// Makes a packet of the i-th message; false if it concerns nobody.
bool SocketIo::fill(Incoming& packet, std::size_t i, bool is_error) {
  auto& b = *buffers_;
  auto& header = b.headers[i].msg_hdr;
  packet = {};
  packet.from = from_sockaddr(b.names[i]);
  packet.is_error = is_error;
  packet.data = {b.data[i].data(), std::min<std::size_t>(b.headers[i].msg_len, kDataRoom)};
  bool stamped = false;
  bool quoted = false;
  for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(c), sizeof time);
      packet.arrived_wall = time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
      stamped = true;
    } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
               (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(c), sizeof error);
      quoted = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
      packet.error_type = error.ee_type;
      packet.error_code = error.ee_code;
    }
  }
  if (is_error) return quoted;
  const auto time = stamped ? clock_.steady_time(packet.arrived_wall, emptied_at_)
                            : StampClock::Time{.steady = steady_now(), .certain = false};
  packet.arrived = time.steady;
  packet.time_certain = time.certain;
  if (strip_ip_header_) packet.data = wire::icmp_in_ipv4(packet.data).value_or(packet.data.first(0));
  return true;
}

std::uint64_t SocketIo::queue_drops() {
  // Unlike SO_RXQ_OVFL, which comes with a later packet, this is known at once.
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return 0;
  return memory[SK_MEMINFO_DROPS];
}

std::uint64_t SocketIo::clock_steps() const {
  return clock_.steps();
}

}  // namespace faultline::packet
