// The reflector on real sockets, by both families, with the kernel's time and hop limit.
#include "probes/reflector/server.h"

#include "probes/packet/socket_open.h"
#include "probes/wire/stamp.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>
#include <vector>

namespace faultline::reflector {
namespace {

constexpr int kFarTooLong = 20'000;  // ms

std::int64_t wall_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Sender {
 public:
  Sender(bool is_v6, std::uint16_t port) : fd_(socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)) {
    if (is_v6) {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(port);
      to.sin6_addr = in6addr_loopback;
      connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
      const int hops = 33;
      setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops);
    } else {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(port);
      to.sin_addr.s_addr = htonl(0x7f0a0b0c);  // 127.10.11.12: an answer from 127.0.0.1 would not be taken
      connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
      const int ttl = 33;
      setsockopt(fd_.get(), IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    }
  }
  void send(const std::vector<std::byte>& bytes) const { ::send(fd_.get(), bytes.data(), bytes.size(), 0); }
  std::vector<std::byte> receive() const {
    pollfd one{fd_.get(), POLLIN, 0};
    if (poll(&one, 1, kFarTooLong) != 1) return {};
    std::vector<std::byte> bytes(10'000);
    const auto count = recv(fd_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
  }

 private:
  packet::Socket fd_;
};

struct ReflectorServer : testing::Test {
  void start(const std::vector<std::string>& addresses) {
    ReflectorSettings settings;
    settings.port = 0;
    settings.is_stateful = true;
    auto opened = Server::open(addresses, settings);
    ASSERT_TRUE(opened) << opened.error().message;
    server = std::move(*opened);
    thread = std::thread([this] { server->run(); });
  }
  void TearDown() override {
    if (server) server->stop();
    if (thread.joinable()) thread.join();
  }
  std::unique_ptr<Server> server;
  std::thread thread;
};

struct ReflectorOfAFamily : ReflectorServer, testing::WithParamInterface<bool> {};
TEST_P(ReflectorOfAFamily, AnswersFromTheAddressThatWasAskedWithTimesAndHops) {
  if (GetParam() && !packet::has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  start({GetParam() ? "::" : "0.0.0.0"});
  const Sender sender(GetParam(), server->port());
  const std::int64_t before = wall_now();
  for (std::uint32_t i = 0; i < 3; ++i) {
    std::vector<std::byte> bytes(wire::kStampSize);
    wire::encode_stamp_request(wire::StampMode::unauthenticated, {i + 100, 42, {}, 1}, bytes);
    sender.send(bytes);
    const auto reply = wire::decode_stamp_reply(wire::StampMode::unauthenticated, sender.receive());
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->sequence, i);
    EXPECT_EQ(reply->sender_sequence, i + 100);
    EXPECT_EQ(reply->sender_ttl, 33);
    EXPECT_GE(wire::unix_from_ntp(reply->receive_timestamp), before - 1);
    EXPECT_LE(wire::unix_from_ntp(reply->receive_timestamp), wall_now());
    EXPECT_GE(reply->timestamp, reply->receive_timestamp);
  }
}
INSTANTIATE_TEST_SUITE_P(Families, ReflectorOfAFamily, testing::Bool(),
                         [](const auto& family) { return family.param ? "v6" : "v4"; });

TEST_F(ReflectorServer, SurvivesWhatIsNoRequestAndCountsIt) {
  start({"127.10.11.12"});
  const Sender sender(false, server->port());
  sender.send({});
  sender.send(std::vector<std::byte>(43, std::byte{0xFF}));
  std::vector<std::byte> good(9000);
  wire::encode_stamp_request(wire::StampMode::unauthenticated, {1, 42, {}, 1}, good);
  sender.send(good);
  EXPECT_EQ(sender.receive().size(), 9000U);
  server->stop();
  thread.join();
  EXPECT_EQ(server->counts().of(Verdict::too_short), 2U);
  EXPECT_EQ(server->counts().of(Verdict::answered), 1U);
}

TEST_F(ReflectorServer, SaysWhyItCannotListen) {
  const auto wrong = Server::open({"no-address"}, {});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "\"no-address\" is no IPv4 or IPv6 address");
  start({"127.10.11.12"});
  ReflectorSettings settings;
  settings.port = server->port();
  const auto taken = Server::open({"127.10.11.12"}, settings);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("Address already in use"), std::string::npos) << taken.error().message;
}

}  // namespace
}  // namespace faultline::reflector
