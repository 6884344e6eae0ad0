#include "tests/bench/probe_bare.h"

#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace faultline::bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kTick = 1'000'000;
constexpr std::size_t kPacket = 64;  // 56 bytes after the echo header
constexpr std::uint16_t kStampPort = 862;
constexpr std::uint16_t kIdentifier = 0x4242;

Nanos clock_offset() {  // real time - monotonic
  timespec wall{};
  const Nanos before = steady_now();
  clock_gettime(CLOCK_REALTIME, &wall);
  const Nanos after = steady_now();
  return wall.tv_sec * kSecond + wall.tv_nsec - (before + (after - before) / 2);
}

class Loop {
 public:
  Loop(const ProbeLab& lab, std::uint32_t hosts, bool stamp, std::size_t packets)
      : hosts_(hosts),
        stamp_(stamp),
        socket_(stamp ? socket(AF_INET, SOCK_DGRAM, 0) : socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) {
    if (socket_.get() < 0) throw std::runtime_error("no socket");
    const int on = 1, buffer = 16 << 20;
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (!stamp) {
      const icmp_filter replies = {~(1U << ICMP_ECHOREPLY)};
      setsockopt(socket_.get(), SOL_RAW, ICMP_FILTER, &replies, sizeof replies);
    }
    first_ = ntohl(inet_addr(lab.address(0).c_str()));
    result_.rtt_us10.assign(packets, -1);
    sent_at_.assign(packets, 0);
    for (std::size_t i = 0; i < kBatch; ++i) {
      to_[i].sin_family = AF_INET;
      to_[i].sin_port = htons(stamp ? kStampPort : 0);
      out_pieces_[i] = {out_[i].data(), kPacket};
      out_headers_[i].msg_hdr.msg_name = &to_[i];
      out_headers_[i].msg_hdr.msg_namelen = sizeof to_[i];
      out_headers_[i].msg_hdr.msg_iov = &out_pieces_[i];
      out_headers_[i].msg_hdr.msg_iovlen = 1;
      in_pieces_[i] = {in_[i].data(), in_[i].size()};
    }
  }

  void send_to(std::size_t end) {
    while (result_.sent < end) {
      const auto first = result_.sent;
      const auto count = std::min(kBatch, end - first);
      for (std::size_t i = 0; i < count; ++i) write(i, first + i);
      const Nanos before = steady_now();
      const int sent = sendmmsg(socket_.get(), out_headers_.data(), static_cast<unsigned>(count), 0);
      if (sent <= 0) return;
      const Nanos step = (steady_now() - before) / sent;
      for (int i = 0; i < sent; ++i)
        sent_at_[first + static_cast<std::size_t>(i)] = before + step * i + step / 2;
      result_.sent += static_cast<std::size_t>(sent);
    }
  }

  void receive() {
    for (;;) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        auto& header = in_headers_[i].msg_hdr;
        header.msg_name = &from_[i];
        header.msg_namelen = sizeof from_[i];
        header.msg_iov = &in_pieces_[i];
        header.msg_iovlen = 1;
        header.msg_control = control_[i].data();
        header.msg_controllen = control_[i].size();
      }
      const int count = recvmmsg(socket_.get(), in_headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (count <= 0) return;
      const Nanos offset = clock_offset();
      for (int i = 0; i < count; ++i) take(static_cast<std::size_t>(i), offset);
      if (count < static_cast<int>(kBatch)) return;
    }
  }

  BareResult& result() { return result_; }

 private:
  void write(std::size_t i, std::size_t packet) {
    const auto host = static_cast<std::uint32_t>(packet % hosts_);
    const auto round = static_cast<std::uint32_t>(packet / hosts_);
    to_[i].sin_addr.s_addr = htonl(first_ + host);
    auto& bytes = out_[i];
    if (stamp_) {
      lab::put32(bytes, 0, round);
      return;
    }
    bytes[0] = ICMP_ECHO;
    lab::put16(bytes, 4, kIdentifier);
    lab::put16(bytes, 6, round & 0xffff);
    // All other bytes are zero, so the sum is that of three words.
    std::uint32_t sum = (ICMP_ECHO << 8) + kIdentifier + (round & 0xffff);
    sum = (sum & 0xffff) + (sum >> 16);
    lab::put16(bytes, 2, ~sum & 0xffff);
  }

  void take(std::size_t i, Nanos offset) {
    auto& header = in_headers_[i].msg_hdr;
    const std::size_t at = stamp_ ? 24 : 20 + 6;  // the echoed sender's sequence number; the echo's own
    if (in_headers_[i].msg_len < at + 4) return;
    if (!stamp_ && lab::get16(in_[i], 24) != kIdentifier) return;
    const auto round = stamp_ ? lab::get32(in_[i], at) : lab::get16(in_[i], at);
    const auto packet = std::size_t{round} * hosts_ + (ntohl(from_[i].sin_addr.s_addr) - first_);
    if (packet >= result_.sent || result_.rtt_us10[packet] >= 0) return;
    for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec time{};
      std::memcpy(&time, CMSG_DATA(c), sizeof time);
      const Nanos arrived = time.tv_sec * kSecond + time.tv_nsec - offset;
      result_.rtt_us10[packet] =
          static_cast<std::int32_t>(std::max<Nanos>(arrived - sent_at_[packet], 0) / 100);
      ++result_.received;
    }
  }

  std::uint32_t hosts_, first_ = 0;
  bool stamp_;
  lab::Descriptor socket_;
  std::vector<Nanos> sent_at_;
  BareResult result_;
  std::array<std::array<std::uint8_t, kPacket>, kBatch> out_{};
  std::array<std::array<std::uint8_t, 256>, kBatch> in_{};
  alignas(cmsghdr) std::array<std::array<std::uint8_t, 128>, kBatch> control_{};
  std::array<sockaddr_in, kBatch> to_{}, from_{};
  std::array<iovec, kBatch> out_pieces_{}, in_pieces_{};
  std::array<mmsghdr, kBatch> out_headers_{}, in_headers_{};
};

}  // namespace

BareResult run_bare(const ProbeLab& lab, std::uint32_t hosts, bool stamp, double rate, double seconds) {
  const auto packets = static_cast<std::size_t>(rate * seconds);
  Loop loop(lab, hosts, stamp, packets);
  const Nanos begin = steady_now();
  const Nanos cpu = cpu_time(getpid());
  Nanos tick = begin;
  for (; loop.result().sent < packets; sleep_until(tick += kTick)) {
    loop.receive();
    loop.send_to(std::min(
        packets, static_cast<std::size_t>(static_cast<double>(steady_now() - begin) / kSecond * rate)));
  }
  loop.result().took = steady_now() - begin;
  for (const Nanos end = tick + kSecond / 5; tick < end; sleep_until(tick += kTick)) loop.receive();
  loop.result().cpu = cpu_time(getpid()) - cpu;
  return std::move(loop.result());
}

}  // namespace faultline::bench
