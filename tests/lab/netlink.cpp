#include "tests/lab/netlink.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

namespace faultline::lab {

struct Netlink::Request {
  std::array<std::byte, 256> bytes{};
  std::size_t size = NLMSG_HDRLEN;

  template <typename T>
  void append(const T& value) {
    std::memcpy(bytes.data() + size, &value, sizeof value);
    size += NLMSG_ALIGN(sizeof value);
  }
  void attribute(unsigned short type, std::span<const std::byte> value) {
    rtattr header{};
    header.rta_type = type;
    header.rta_len = static_cast<unsigned short>(RTA_LENGTH(value.size()));
    append(header);
    std::memcpy(bytes.data() + size, value.data(), value.size());
    size += RTA_ALIGN(value.size());
  }
  void attribute(unsigned short type, std::uint32_t value) {
    attribute(type, std::as_bytes(std::span(&value, 1)));
  }
  void finish(std::uint16_t type, std::uint16_t flags) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(size);
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    std::memcpy(bytes.data(), &header, sizeof header);
  }
};

Result<Netlink> Netlink::open() {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (socket.get() < 0) return fail(fmt::format("netlink socket: {}", std::strerror(errno)));
  return Netlink(std::move(socket));
}

Result<void> Netlink::send(Request& request, const char* what) {
  if (::send(socket_.get(), request.bytes.data(), request.size, 0) < 0)
    return fail(fmt::format("{}: {}", what, std::strerror(errno)));
  std::array<std::byte, 1024> answer{};
  const ssize_t size = recv(socket_.get(), answer.data(), answer.size(), 0);
  nlmsghdr header{};
  nlmsgerr error{};
  if (size < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof error))
    return fail(fmt::format("{}: short netlink answer", what));
  std::memcpy(&header, answer.data(), sizeof header);
  std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
  if (header.nlmsg_type != NLMSG_ERROR) return fail(fmt::format("{}: unexpected netlink answer", what));
  if (error.error != 0) return fail(fmt::format("{}: {}", what, std::strerror(-error.error)));
  return {};
}

Result<void> Netlink::set_up(unsigned interface, unsigned queue_length) {
  Request request;
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = static_cast<int>(interface);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  request.append(link);
  if (queue_length != 0) request.attribute(IFLA_TXQLEN, queue_length);
  request.finish(RTM_NEWLINK, 0);
  return send(request, "bringing an interface up");
}

Result<void> Netlink::add_address(unsigned interface, const Address& address) {
  Request request;
  ifaddrmsg message{};
  message.ifa_family = address.v6 ? AF_INET6 : AF_INET;
  message.ifa_prefixlen = address.v6 ? 128 : 32;
  message.ifa_flags = IFA_F_NODAD;
  message.ifa_index = interface;
  request.append(message);
  const auto bytes = std::as_bytes(std::span(address.bytes)).first(address.v6 ? 16 : 4);
  request.attribute(IFA_LOCAL, bytes);
  request.attribute(IFA_ADDRESS, bytes);
  request.finish(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  return send(request, "adding an address");
}

Result<void> Netlink::add_default_route(unsigned interface, bool v6) {
  Request request;
  rtmsg route{};
  route.rtm_family = v6 ? AF_INET6 : AF_INET;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_scope = v6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  route.rtm_type = RTN_UNICAST;
  // By a gateway, as an operator's own network does: IPv6 keeps a neighbour for every destination on the link
  // itself, of which there may be no more than 1,024 by default.
  constexpr std::array<std::uint8_t, 16> kGateway = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (v6) route.rtm_flags = RTNH_F_ONLINK;
  request.append(route);
  request.attribute(RTA_OIF, interface);
  if (v6) request.attribute(RTA_GATEWAY, std::as_bytes(std::span(kGateway)));
  request.finish(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  return send(request, "adding a default route");
}

}  // namespace faultline::lab
