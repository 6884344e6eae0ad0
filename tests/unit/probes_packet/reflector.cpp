#include "tests/unit/probes_packet/reflector.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace faultline::packet {
namespace {

std::uint64_t ntp_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return wire::ntp_from_unix(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

TestReflector::TestReflector(const IpAddress& address, wire::StampMode mode, Script script)
    : mode_(mode), script_(std::move(script)) {
  sockaddr_storage name{};
  socklen_t length = 0;
  if (address.is_v6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
    length = sizeof v6;
    std::memcpy(&name, &v6, length);
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes.data(), 4);
    length = sizeof v4;
    std::memcpy(&name, &v4, length);
  }
  socket_ = socket(address.is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(socket_, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
  if (bind(socket_, reinterpret_cast<sockaddr*>(&name), length) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &length) != 0)
    throw std::runtime_error("the test's reflector cannot bind");
  sockaddr_in port_holder;
  std::memcpy(&port_holder, &name, sizeof port_holder);  // the port is at the same place in both
  port_ = ntohs(port_holder.sin_port);
  thread_ = std::thread([this] { run(); });
}

TestReflector::~TestReflector() {
  stopping_ = true;
  thread_.join();
  close(socket_);
}

void TestReflector::run() {
  while (!stopping_) {
    pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, 20) > 0) serve_one();
  }
}

void TestReflector::serve_one() {
  std::array<std::byte, 2048> buffer{};
  std::array<std::byte, 128> control{};
  sockaddr_storage name{};
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof name;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto length = recvmsg(socket_, &message, 0);
  if (length < 0) return;
  for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c))
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
      traffic_class_ = std::to_integer<int>(*reinterpret_cast<const std::byte*>(CMSG_DATA(c)));
  sockaddr_in sender{};
  std::memcpy(&sender, &name, sizeof sender);
  sender_port_ = ntohs(sender.sin_port);
  sender_address_ = sender.sin_addr.s_addr;
  size_ = static_cast<std::size_t>(length);
  const auto request =
      wire::decode_stamp_request(mode_, std::span(buffer).first(static_cast<std::size_t>(length)));
  if (!request) return;
  const auto received = ntp_now();
  const wire::StampReply reply{.sequence = request->sequence,
                               .timestamp = ntp_now(),
                               .error = {},
                               .receive_timestamp = received,
                               .sender_sequence = request->sequence,
                               .sender_timestamp = request->timestamp,
                               .sender_error = request->error,
                               .sender_ttl = 64};
  Reply plain(wire::stamp_size(mode_));
  wire::encode_stamp_reply(mode_, reply, plain);
  for (const auto& bytes : script_(seen_, plain))
    sendto(socket_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&name), message.msg_namelen);
  ++seen_;
}

}  // namespace faultline::packet
