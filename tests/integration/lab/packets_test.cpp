// The emulated network behind the real kernel: raw, UDP and TCP sockets in a namespace with the TUN device.
#include "tests/lab/emulator.h"
#include "tests/lab/netns.h"
#include "tests/lab/network.h"
#include "tests/lab/stamp.h"

#include <gtest/gtest.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <vector>

namespace faultline::lab {
namespace {

constexpr int kPatienceMs = 10'000;  // for what must come; nothing waits for it when all is well

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
SocketAddress socket_address(const char* text, std::uint16_t port) {
  const Address address = *parse_address(text);
  SocketAddress result;
  if (address.v6) {
    auto* six = reinterpret_cast<sockaddr_in6*>(&result.storage);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    std::memcpy(&six->sin6_addr, address.bytes.data(), 16);
    result.size = sizeof *six;
  } else {
    auto* four = reinterpret_cast<sockaddr_in*>(&result.storage);
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    std::memcpy(&four->sin_addr, address.bytes.data(), 4);
    result.size = sizeof *four;
  }
  return result;
}

class LabPackets : public testing::Test {
 protected:
  void SetUp() override {
    if (auto ok = enter_network_namespace(); !ok) GTEST_SKIP() << ok.error().message;
    auto tun = make_tun_network();
    if (!tun) GTEST_SKIP() << tun.error().message;
    tun_ = *std::move(tun);
    hosts_ = {{*parse_address("10.16.0.1"), Technology::gpon},
              {*parse_address("fd00:fa17::1"), Technology::gpon}};
    EmulatorOptions options;
    options.packet_log_limit = 10'000;
    emulator_.emplace(options, hosts_);
    network_.emplace(tun_.get(), *emulator_);
    network_->start();
  }
  // Sends so many echo requests and returns the sequence numbers that came back.
  std::set<int> ping(const char* to, int packets) {
    const bool v6 = parse_address(to)->v6;
    const Descriptor fd(v6 ? socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
                           : socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    const SocketAddress address = socket_address(to, 0);
    for (int i = 0; i < packets; ++i) {
      std::vector<std::uint8_t> packet(24);
      packet[0] = v6 ? 128 : 8;
      put16(packet, 4, 0x4321);
      put16(packet, 6, static_cast<std::uint32_t>(i));
      if (!v6) put16(packet, 2, checksum(sum16(packet)));  // the kernel does it for IPv6
      EXPECT_EQ(sendto(fd.get(), packet.data(), packet.size(), 0, address.get(), address.size), 24)
          << std::strerror(errno);
    }
    return collect(fd.get(), v6);
  }
  // Reads until the network says that it has answered everything.
  std::set<int> collect(int fd, bool v6) {
    std::set<int> sequences;
    pollfd waiting = {fd, POLLIN, 0};
    while (poll(&waiting, 1, 500) == 1) {
      std::array<std::uint8_t, 256> packet{};
      const ssize_t size = recv(fd, packet.data(), packet.size(), 0);
      const std::size_t at = v6 ? 0 : 20;
      if (size < static_cast<ssize_t>(at + 8) || packet[at] != (v6 ? 129 : 0) ||
          get16(packet, at + 4) != 0x4321)
        continue;
      sequences.insert(get16(packet, at + 6));
    }
    return sequences;
  }
  // By the fate function alone.
  std::set<int> predicted(std::size_t host, int packets, const Condition& condition) {
    const HostProfile profile = host_profile(1, hosts_[host].address, hosts_[host].technology);
    std::set<int> sequences;
    for (int i = 0; i < packets; ++i)
      if (fate_of(host_key(1, hosts_[host].address), static_cast<std::uint32_t>(i), profile, condition)
              .verdict == Verdict::answered)
        sequences.insert(i);
    return sequences;
  }

  Descriptor tun_;
  std::vector<EmulatedHost> hosts_;
  std::optional<Emulator> emulator_;
  std::optional<Network> network_;
};

TEST_F(LabPackets, ExactlyThePredictedEchoRequestsAreAnswered) {
  Condition lossy;
  lossy.loss = share_of(0.3);
  emulator_->set_condition(0, lossy);
  emulator_->set_condition(1, lossy);
  EXPECT_EQ(ping("10.16.0.1", 200), predicted(0, 200, lossy));
  EXPECT_EQ(ping("fd00:fa17::1", 200), predicted(1, 200, lossy));
  EXPECT_LT(predicted(0, 200, lossy).size(), 180U);
}

TEST_F(LabPackets, ASilentHostAnswersNothing) {
  Condition cut;
  cut.silent = true;
  emulator_->set_condition(0, cut);
  EXPECT_TRUE(ping("10.16.0.1", 5).empty());
}

TEST_F(LabPackets, TheKernelTakesTheStampReply) {
  for (const char* host : {"10.16.0.1", "fd00:fa17::1"}) {
    const SocketAddress address = socket_address(host, 862);
    const Descriptor fd(socket(address.storage.ss_family, SOCK_DGRAM, 0));
    ASSERT_EQ(connect(fd.get(), address.get(), address.size), 0) << std::strerror(errno);
    std::array<std::uint8_t, 44> packet{};
    put32(packet, 0, 99);
    ASSERT_EQ(send(fd.get(), packet.data(), packet.size(), 0), 44);
    pollfd waiting = {fd.get(), POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, kPatienceMs), 1);
    ASSERT_EQ(recv(fd.get(), packet.data(), packet.size(), 0), 44);
    EXPECT_EQ(get32(packet, 0), 0U);
    EXPECT_EQ(get32(packet, 24), 99U);
    EXPECT_EQ(packet[40], 64);
  }
}

TEST_F(LabPackets, TcpIsAcceptedOnAnOpenPortAndRefusedElsewhere) {
  for (const char* host : {"10.16.0.1", "fd00:fa17::1"}) {
    const SocketAddress open = socket_address(host, 443), closed = socket_address(host, 81);
    const Descriptor first(socket(open.storage.ss_family, SOCK_STREAM, 0));
    EXPECT_EQ(connect(first.get(), open.get(), open.size), 0) << std::strerror(errno);
    const Descriptor second(socket(open.storage.ss_family, SOCK_STREAM, 0));
    EXPECT_EQ(connect(second.get(), closed.get(), closed.size), -1);
    EXPECT_EQ(errno, ECONNREFUSED);
  }
}

TEST_F(LabPackets, AClosedUdpPortIsAnError) {
  const SocketAddress address = socket_address("10.16.0.1", 9);
  const Descriptor fd(socket(AF_INET, SOCK_DGRAM, 0));
  ASSERT_EQ(connect(fd.get(), address.get(), address.size), 0);
  ASSERT_EQ(send(fd.get(), "x", 1, 0), 1);
  pollfd waiting = {fd.get(), POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, kPatienceMs), 1);
  char byte = 0;
  EXPECT_EQ(recv(fd.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNREFUSED);
}

}  // namespace
}  // namespace faultline::lab
