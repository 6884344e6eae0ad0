#include "tests/bench/snmp_agents.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace faultline::bench {
namespace {

constexpr unsigned char kInteger = 0x02, kOctets = 0x04, kOid = 0x06, kSequence = 0x30, kCounter = 0x41,
                        kTicks = 0x43, kGet = 0xA0, kResponse = 0xA2;
constexpr int kFirstCounter = 20;
constexpr std::string_view kUpTime("\x2B\x06\x01\x02\x01\x01\x03\x00", 8);
constexpr std::size_t kLargest = 2048;

struct Element {
  unsigned char tag = 0;
  std::string_view content;
};

// Takes one BER element from the front.
std::optional<Element> take(std::string_view& bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t size = at(1), head = 2;
  if (size > 0x80) {
    const std::size_t more = size - 0x80;
    if (more > 2 || bytes.size() < 2 + more) return std::nullopt;
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | at(2 + i);
    head += more;
  }
  if (bytes.size() < head + size) return std::nullopt;
  const Element element{at(0), bytes.substr(head, size)};
  bytes.remove_prefix(head + size);
  return element;
}

std::string put(unsigned char tag, std::string_view content) {
  std::string bytes(1, static_cast<char>(tag));
  if (content.size() >= 0x80) {
    bytes += '\x82';
    bytes += static_cast<char>(content.size() >> 8);
  }
  bytes += static_cast<char>(content.size() & 0xFF);
  return bytes.append(content);
}

std::string put_number(unsigned char tag, std::uint32_t number) {
  std::string bytes(1, '\0');  // so that it is not taken for negative
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
  return put(tag, bytes);
}

std::string value_at(std::string_view oid, std::uint32_t ticks) {
  if (oid == kUpTime) return put_number(kTicks, ticks);
  const int column = oid.size() < 2 ? 0 : oid[oid.size() - 2];
  return column < kFirstCounter ? put(kInteger, std::string_view("\x2A", 1))
                                : put_number(kCounter, ticks * static_cast<std::uint32_t>(column));
}

std::uint32_t ticks_now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count() /
                                    10);
}

}  // namespace

std::string answer_to(const std::string& question, std::uint32_t ticks) {
  std::string_view rest = question;
  const auto message = take(rest);
  if (!message || message->tag != kSequence) return {};
  std::string_view parts = message->content;
  const auto version = take(parts), community = take(parts), pdu = take(parts);
  if (!version || !community || !pdu || pdu->tag != kGet) return {};
  parts = pdu->content;
  const auto id = take(parts), status = take(parts), index = take(parts), list = take(parts);
  if (!id || !status || !index || !list) return {};
  std::string bindings;
  for (std::string_view all = list->content; !all.empty();) {
    const auto binding = take(all);
    if (!binding) return {};
    std::string_view inside = binding->content;
    const auto name = take(inside);
    if (!name) return {};
    bindings += put(kSequence, put(kOid, name->content) + value_at(name->content, ticks));
  }
  const std::string zero = put(kInteger, std::string_view("\0", 1));
  const std::string response = put(kInteger, id->content) + zero + zero + put(kSequence, bindings);
  return put(kSequence,
             put(kInteger, version->content) + put(kOctets, community->content) + put(kResponse, response));
}

SnmpAgents::SnmpAgents() {
  fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1, buffer = 8 << 20;
  const timeval patience{0, 100'000};  // to see that it is to stop
  setsockopt(fd_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof address;
  const bool is_open = bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!is_open) throw std::runtime_error("no UDP socket for the agents");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

SnmpAgents::~SnmpAgents() {
  stops_ = true;
  thread_.join();
  close(fd_);
}

void SnmpAgents::serve() {
  std::array<char, kLargest> bytes{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  sockaddr_in peer{};
  while (!stops_) {
    iovec data{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(fd_, &message, 0);
    cmsghdr* about = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (about == nullptr || about->cmsg_type != IP_PKTINFO) continue;
    ++questions_;
    in_pktinfo where;
    std::memcpy(&where, CMSG_DATA(about), sizeof where);
    if ((ntohl(where.ipi_addr.s_addr) >> 16 & 0xFF) == 2) continue;
    std::string answer = answer_to(std::string(bytes.data(), static_cast<std::size_t>(got)), ticks_now());
    if (answer.empty()) continue;
    where.ipi_ifindex = 0;  // from the address that was asked
    where.ipi_spec_dst = where.ipi_addr;
    std::memcpy(CMSG_DATA(about), &where, sizeof where);
    data = {answer.data(), answer.size()};
    sendmsg(fd_, &message, 0);
  }
}

}  // namespace faultline::bench
