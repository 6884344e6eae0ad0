// The dns probe against real sockets: a name server that answers well, and every way of not doing so.
#include "tests/unit/probes_session/dns_server.h"
#include "tests/unit/probes_session/measure.h"
#include "tests/unit/probes_session/stream_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::udp;

std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

// A server on the test's loop that sends what its script makes of a question.
class Server {
 public:
  using Script = std::function<std::vector<std::string>(const std::string& question)>;
  Server(asio::io_context& io, Script script, std::uint16_t port = 0)
      : socket_(io, udp::endpoint(asio::ip::address_v4::loopback(), port)),
        other_(io, udp::endpoint(asio::ip::address_v4::loopback(), 0)),
        script_(std::move(script)) {
    read();
  }
  std::string port() const { return std::to_string(socket_.local_endpoint().port()); }
  void send_from_elsewhere(const std::string& bytes) { other_.send_to(asio::buffer(bytes), from_); }

 private:
  void read() {
    socket_.async_receive_from(asio::buffer(bytes_), from_,
                               [this](boost::system::error_code error, std::size_t count) {
                                 if (error) return;
                                 for (const std::string& answer : script_({bytes_.data(), count}))
                                   socket_.send_to(asio::buffer(answer), from_);
                                 read();
                               });
  }
  udp::socket socket_, other_;
  udp::endpoint from_;
  Script script_;
  std::array<char, 1024> bytes_{};
};

// The question as an answer: flags, and so many records of the bytes behind.
std::string answer_to(std::string question, unsigned flags, unsigned count, const std::string& records) {
  question[2] = static_cast<char>(flags >> 8U);
  question[3] = static_cast<char>(flags & 0xFFU);
  question[7] = static_cast<char>(count);
  return question + records;
}
// An address of the name in the question.
std::string record_a(const std::string& address) {
  return std::string("\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4", 12) + address;
}
const std::string kAddress("\xC0\0\2\1", 4);  // 192.0.2.1

std::string good(const std::string& question) {
  return answer_to(question, 0x8180, 1, record_a(kAddress));
}

struct DnsProbe : Measuring {
  Round ask(const Server& server, Settings settings = {}, Duration time_limit = kFarTooLong) {
    settings.emplace_back("port", server.port());
    return measure("dns", settings, "127.0.0.1", time_limit);
  }
  Round ask(Server::Script script, const Settings& settings = {}, Duration time_limit = kFarTooLong) {
    Server server(io, std::move(script));
    return ask(server, settings, time_limit);
  }
};

TEST_F(DnsProbe, TellsHowLongAGoodAnswerTook) {
  DnsServer server;
  server.set("www.test", {"192.0.2.7", "192.0.2.8", "2001:db8::1"});
  const std::string port = port_of(server.address());
  for (const Settings& more : {Settings{}, Settings{{"expect", "192.0.2.8"}},
                               Settings{{"type", "AAAA"}, {"expect", "2001:DB8:0::0001"}}}) {
    Settings settings = {{"name", "www.test"}, {"port", port}};
    settings.insert(settings.end(), more.begin(), more.end());
    const Round round = measure("dns", settings);
    EXPECT_EQ(round.outcome, Outcome::ok);
    EXPECT_EQ(round.reason, OutcomeReason::none);
    EXPECT_EQ(round.value_count, 1);
    EXPECT_GT(value(round, Metric::dns_ms), 0);
  }
}

TEST_F(DnsProbe, AnotherAnswerThanTheExpectedIsAFailure) {
  DnsServer server;
  server.set("www.test", {"192.0.2.7"});
  const std::string port = port_of(server.address());
  const Round other = measure("dns", {{"name", "www.test"}, {"port", port}, {"expect", "192.0.2.77"}});
  EXPECT_EQ(other.outcome, Outcome::refused);
  EXPECT_EQ(other.reason, OutcomeReason::unexpected_answer);
  EXPECT_GT(value(other, Metric::dns_ms), 0) << "it took its time all the same";
  const Round none = measure("dns", {{"name", "www.test"}, {"port", port}, {"type", "AAAA"}});
  EXPECT_EQ(none.reason, OutcomeReason::unexpected_answer) << "no record of the type";
}

TEST_F(DnsProbe, TheResponseCodeMustBeTheExpected) {
  DnsServer server;
  const std::string port = port_of(server.address());
  const Round round = measure("dns", {{"name", "no.test"}, {"port", port}});
  EXPECT_EQ(round.outcome, Outcome::refused);
  EXPECT_EQ(round.reason, OutcomeReason::error_answer);
  EXPECT_TRUE(has(round, Metric::dns_ms));
  EXPECT_EQ(measure("dns", {{"name", "no.test"}, {"port", port}, {"rcode", "nxdomain"}}).outcome,
            Outcome::ok);
  const auto refusal = [](const std::string& q) { return std::vector{answer_to(q, 0x8185, 0, "")}; };
  EXPECT_EQ(ask(refusal).reason, OutcomeReason::error_answer);
  EXPECT_EQ(ask(refusal, {{"rcode", "refused"}}).outcome, Outcome::ok);
}

TEST_F(DnsProbe, SilenceIsTimedOut) {
  const Round round = ask([](const std::string&) { return std::vector<std::string>(); }, {}, 50ms);
  EXPECT_EQ(round.outcome, Outcome::timed_out);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(DnsProbe, AClosedPortIsRefused) {
  std::string port;
  {
    const udp::socket taken(io, udp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = std::to_string(taken.local_endpoint().port());
  }
  const Round udp_round = measure("dns", {{"port", port}});
  EXPECT_EQ(udp_round.outcome, Outcome::refused);
  EXPECT_EQ(udp_round.reason, OutcomeReason::port_unreachable);
  const ClosedPort closed;
  const Round tcp_round = measure("dns", {{"port", closed.port()}, {"transport", "tcp"}});
  EXPECT_EQ(tcp_round.outcome, Outcome::refused);
  EXPECT_EQ(tcp_round.reason, OutcomeReason::port_unreachable);
}

TEST_F(DnsProbe, GarbageIsMalformed) {
  const auto junk = [](const std::string&) { return std::vector<std::string>{"junk", ""}; };
  EXPECT_EQ(ask(junk, {}, 50ms).outcome, Outcome::malformed);
}

TEST_F(DnsProbe, HalfAnAnswerIsMalformed) {
  const auto half = [](const std::string& q) {
    const std::string whole = good(q);
    return std::vector{whole.substr(0, whole.size() - 2)};
  };
  const Round round = ask(half, {}, 50ms);
  EXPECT_EQ(round.outcome, Outcome::malformed);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(DnsProbe, PassesOverForgeriesAndTakesTheRightAnswer) {
  const auto forger = [](const std::string& q) {
    std::string other_id = good(q), other_name = good(q), other_type = good(q);
    other_id[0] = static_cast<char>(other_id[0] ^ 1);
    other_name[14] = 'z';
    other_type[q.size() - 3] = 28;
    return std::vector{other_id, other_name, other_type, std::string("x"), q, good(q)};
  };
  const Round round = ask(forger, {{"expect", "192.0.2.1"}});
  EXPECT_EQ(round.outcome, Outcome::ok);
}

TEST_F(DnsProbe, PassesOverAnswersFromElsewhere) {
  Server* self = nullptr;
  Server server(io, [&](const std::string& q) {
    self->send_from_elsewhere(answer_to(q, 0x8183, 0, ""));
    return std::vector{good(q)};
  });
  self = &server;
  EXPECT_EQ(ask(server).outcome, Outcome::ok);
}

TEST_F(DnsProbe, NoTwoQuestionsHaveTheSameIdOrPort) {
  std::vector<std::string> ids;
  Server server(io, [&](const std::string& q) {
    ids.push_back(q.substr(0, 2));
    return std::vector{good(q)};
  });
  for (int i = 0; i < 8; ++i) EXPECT_EQ(ask(server).outcome, Outcome::ok);
  std::sort(ids.begin(), ids.end());
  EXPECT_GE(std::unique(ids.begin(), ids.end()) - ids.begin(), 7);
}

// A question over TCP with its length before it, and the answer in the same way.
StreamScript by_tcp(const std::function<std::string(const std::string&)>& script, bool then_close = false) {
  return [=](const std::string& received) -> std::optional<StreamReply> {
    if (received.size() < 2 || received.size() < 2U + static_cast<unsigned char>(received[1]))
      return std::nullopt;
    return StreamReply{script(received.substr(2)), then_close};
  };
}
std::string framed(const std::string& message) {
  return std::string(1, static_cast<char>(message.size() >> 8U)) + static_cast<char>(message.size() & 0xFFU) +
         message;
}

TEST_F(DnsProbe, AsksByTcpWhenToldTo) {
  StreamServer server(io, by_tcp([](const std::string& q) { return framed(good(q)); }));
  const Round round = measure("dns", {{"port", server.port()}, {"transport", "tcp"}});
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_TRUE(has(round, Metric::dns_ms));
}

TEST_F(DnsProbe, AsksAgainByTcpIfTheAnswerIsTruncated) {
  StreamServer server(io, by_tcp([](const std::string& q) { return framed(good(q)); }));
  const auto truncated = [](const std::string& q) { return std::vector{answer_to(q, 0x8380, 0, "")}; };
  Server datagrams(io, truncated, static_cast<std::uint16_t>(std::stoi(server.port())));
  EXPECT_EQ(ask(datagrams).outcome, Outcome::ok);
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_EQ(ask(datagrams, {{"transport", "udp"}}).reason, OutcomeReason::unexpected_answer);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(DnsProbe, HalfAnAnswerByTcpIsAFailureOfTheServer) {
  const auto half = [](const std::string& q) { return framed(good(q)).substr(0, 20); };
  StreamServer closes(io, by_tcp(half, true));
  const Round closed = measure("dns", {{"port", closes.port()}, {"transport", "tcp"}});
  EXPECT_EQ(closed.outcome, Outcome::refused);
  EXPECT_EQ(closed.reason, OutcomeReason::connection_closed);
  StreamServer waits(io, by_tcp(half));
  const Round waited = measure("dns", {{"port", waits.port()}, {"transport", "tcp"}}, "127.0.0.1", 50ms);
  EXPECT_EQ(waited.outcome, Outcome::timed_out);
  EXPECT_EQ(waited.value_count, 0);
}

TEST_F(DnsProbe, GarbageByTcpIsMalformed) {
  StreamServer server(io, by_tcp([](const std::string&) { return framed("this is no answer"); }));
  EXPECT_EQ(measure("dns", {{"port", server.port()}, {"transport", "tcp"}}).outcome, Outcome::malformed);
}

TEST_F(DnsProbe, ComesBackAtOnceWhenItIsCancelled) {
  const auto cancels = [&](const std::string&) {
    cancel_it();
    return std::vector<std::string>();
  };
  EXPECT_EQ(ask(cancels).reason, OutcomeReason::cancelled);
  StreamServer server(io, by_tcp([&](const std::string&) {
                        cancel_it();
                        return std::string();
                      }));
  const Round round = measure("dns", {{"port", server.port()}, {"transport", "tcp"}});
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

TEST_F(DnsProbe, CancelledBetweenUdpAndTcpAsksNoSecondTime) {
  StreamServer server(io, by_tcp([](const std::string& q) { return framed(good(q)); }));
  const auto truncated = [&](const std::string& q) {
    asio::post(io, [&] { cancel_it(); });
    return std::vector{answer_to(q, 0x8380, 0, "")};
  };
  Server datagrams(io, truncated, static_cast<std::uint16_t>(std::stoi(server.port())));
  EXPECT_EQ(ask(datagrams).reason, OutcomeReason::cancelled);
}

TEST(DnsOptions, AreCheckedTogether) {
  EXPECT_THROW(make_probe("dns", {{"name", "a..b"}}), std::runtime_error);
  EXPECT_THROW(make_probe("dns", {{"rcode", "nxdomain"}, {"expect", "192.0.2.1"}}), std::runtime_error);
  EXPECT_NO_THROW(make_probe("dns", {{"name", "."}, {"type", "NS"}}));
}

}  // namespace
}  // namespace faultline::session
