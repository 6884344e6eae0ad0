// The throughput probe against real servers and a real reflector: what it measures, and when it does not.
#include "probes/async/clock.h"
#include "probes/reflector/server.h"
#include "probes/session/line_book.h"
#include "tests/unit/probes_session/measure.h"
#include "tests/unit/probes_session/stream_server.h"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include <array>
#include <string>
#include <thread>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::udp;
using testing::HasSubstr;

std::string page(std::size_t claimed, std::size_t given) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(claimed) + "\r\n\r\n" +
         std::string(given, 'x');
}
StreamScript gives(std::string bytes, bool then_close = false) {
  return [=](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    return StreamReply{bytes, then_close};
  };
}
// Takes what is posted and answers when all of it is there.
StreamScript takes(std::size_t bytes, std::string answer) {
  return [=](const std::string& received) -> std::optional<StreamReply> {
    const std::size_t header = received.find("\r\n\r\n");
    if (header == std::string::npos || received.size() < header + 4 + bytes) return std::nullopt;
    return StreamReply{answer};
  };
}

struct Throughput : Measuring {
  Round test(StreamScript script, Settings settings = {}, Duration time_limit = kFarTooLong) {
    StreamServer server(io, std::move(script));
    settings.emplace_back("port", server.port());
    return measure("throughput", settings, "127.0.0.1", time_limit);
  }
  Round upload(StreamScript script, Settings settings = {}, Duration time_limit = kFarTooLong) {
    settings.emplace_back("url", "");
    settings.emplace_back("upload_url", "http://{address}/sink");
    return test(std::move(script), std::move(settings), time_limit);
  }
};

TEST_F(Throughput, OfADownloadIsWhatCameByTheTimeItTook) {
  const Round round = test(gives(page(400'000, 400'000)));
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_GT(value(round, Metric::throughput_bps), 0);
  EXPECT_FALSE(has(round, Metric::throughput_up_bps));
}

TEST_F(Throughput, OfAnUploadIsWhatTheOtherSideAcknowledged) {
  std::string request;
  const auto server = takes(400'000, "HTTP/1.1 204 Thanks\r\n\r\n");
  const Round round = upload(
      [&](const std::string& received) {
        request = received.substr(0, received.find("\r\n\r\n"));
        return server(received);
      },
      {{"max_bytes", "400000"}});
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_GT(value(round, Metric::throughput_up_bps), 0);
  EXPECT_FALSE(has(round, Metric::throughput_bps));
  EXPECT_THAT(request, HasSubstr("POST /sink HTTP/1.1"));
  EXPECT_THAT(request, HasSubstr("Content-Length: 400000"));
}

TEST_F(Throughput, OfBothWaysIsMeasuredOneAfterTheOther) {
  const auto up = takes(300'000, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const auto down = gives(page(300'000, 300'000));
  const Round round = test(
      [&](const std::string& received) {
        return received.starts_with("POST") ? up(received) : down(received);
      },
      {{"upload_url", "http://{address}/"}, {"max_bytes", "300000"}});
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_GT(value(round, Metric::throughput_bps), 0);
  EXPECT_GT(value(round, Metric::throughput_up_bps), 0);
}

TEST_F(Throughput, IsMeasuredByTlsToo) {
  const TestCertificate certificate = make_test_certificate(30);
  StreamServer server(io, gives(page(300'000, 300'000)), &certificate);
  const Round round =
      measure("throughput", {{"url", "https://{address}/"}, {"port", server.port()}, {"verify", "false"}});
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_GT(value(round, Metric::throughput_bps), 0);
}

TEST_F(Throughput, ReadsNoMoreBytesThanItIsTold) {
  const Round round =
      test(gives(page(3'000'000, 3'000'000)), {{"max_bytes", "200000"}, {"daily_cap", "400000"}});
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  const LineTest another{EndpointIndex{7}, {}, 200'000};
  TestLimits limits;
  limits.daily_bytes = 400'000;
  EXPECT_EQ(lines->begin(another, limits, wall_now()), OutcomeReason::none) << "half of the day's was spent";
}

TEST_F(Throughput, IsHeldBelowARate) {
  const Round down = test(gives(page(500'000, 500'000)), {{"max_bps", "8000000"}});
  EXPECT_LT(value(down, Metric::throughput_bps), 10e6F) << "a piece of 65,536 more than by then at most";
  EXPECT_EQ(down.outcome, Outcome::ok);
}

TEST_F(Throughput, ATransferEndsWhenItsTimeIsUp) {
  const Round round =
      test(gives(page(100'000'000, 3'000'000)), {{"max_bps", "8000000"}, {"duration", "300ms"}});
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_LT(value(round, Metric::throughput_bps), 12e6F);
  const Round up = upload(takes(100'000'000, ""), {{"max_bps", "8000000"}, {"duration", "300ms"}});
  EXPECT_EQ(up.outcome, Outcome::ok) << name(up.reason);
  EXPECT_GT(value(up, Metric::throughput_up_bps), 0);
}

TEST_F(Throughput, ATransferThatStallsIsSlow) {
  const Round round = test(gives(page(10'000'000, 200'000)), {}, 1s);
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_LT(value(round, Metric::throughput_bps), 200'000 * 8 / 0.5F) << "most of the second passed";
}

TEST_F(Throughput, OfAFewBytesCannotBeTold) {
  const Round round = test(gives(page(5, 5)));
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::unexpected_answer);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(Throughput, TellsWhyThereIsNone) {
  const Round missing = test(gives("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(missing.outcome, Outcome::refused);
  EXPECT_EQ(missing.reason, OutcomeReason::error_answer);
  const Round forbidden =
      upload(takes(10'000, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), {{"max_bytes", "10000"}});
  EXPECT_EQ(forbidden.outcome, Outcome::refused);
  EXPECT_EQ(forbidden.reason, OutcomeReason::error_answer);
  EXPECT_EQ(test(gives("SSH-2.0-OpenSSH_9.2\r\n")).outcome, Outcome::malformed);
  EXPECT_EQ(test(gives(""), {}, 50ms).outcome, Outcome::timed_out);
  const Round half = test(gives(page(400'000, 300'000), true));
  EXPECT_EQ(half.outcome, Outcome::refused);
  EXPECT_EQ(half.reason, OutcomeReason::connection_closed);
  const ClosedPort closed;
  const Round nobody = measure("throughput", {{"port", closed.port()}});
  EXPECT_EQ(nobody.outcome, Outcome::refused);
  EXPECT_EQ(nobody.reason, OutcomeReason::port_unreachable);
}

TEST_F(Throughput, ADownloadThatFailsIsNotFollowedByAnUpload) {
  bool is_posted = false;
  const Round round = test(
      [&](const std::string& received) -> std::optional<StreamReply> {
        is_posted = is_posted || received.starts_with("POST");
        return gives("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")(received);
      },
      {{"upload_url", "http://{address}/"}});
  EXPECT_EQ(round.reason, OutcomeReason::error_answer);
  EXPECT_FALSE(is_posted);
}

TEST_F(Throughput, ComesBackAtOnceWhenItIsCancelled) {
  const Round round = test([&](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    cancel_soon();
    return StreamReply{page(1'000'000, 100'000)};
  });
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

TEST_F(Throughput, WaitsForAnotherTestOnItsNode) {
  LineTest other{EndpointIndex{8}, {NodeIndex{3}}, 0};
  ASSERT_EQ(lines->begin(other, {.at_once = 9}, wall_now()), OutcomeReason::none);
  bool has_ended = false;
  asio::post(io, [&] {
    asio::post(io, [&] {
      has_ended = true;
      lines->end(other, 0, wall_now());
    });
  });
  const Round round = test(
      [&](const std::string& received) {
        EXPECT_TRUE(has_ended);
        return gives(page(400'000, 400'000))(received);
      },
      {{"duration", "100ms"}}, 60s);
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
}

TEST_F(Throughput, IsLeftOutWithTheReason) {
  StreamServer server(io, gives(page(400'000, 400'000)));
  const Settings settings = {{"port", server.port()}, {"max_bytes", "400000"}, {"daily_cap", "700000"}};
  const auto reason = [&](Duration time_limit) {
    const Round round = measure("throughput", settings, "127.0.0.1", time_limit);
    EXPECT_EQ(round.outcome, round.reason == OutcomeReason::none ? Outcome::ok : Outcome::not_measured);
    return round.reason;
  };
  LineTest other{EndpointIndex{8}, {NodeIndex{3}}, 0};
  ASSERT_EQ(lines->begin(other, {.at_once = 9}, wall_now()), OutcomeReason::none);
  EXPECT_EQ(reason(1s), OutcomeReason::node_in_test) << "no time to wait";
  lines->end(other, 0, wall_now());
  Round reading;
  reading.endpoint = EndpointIndex{7};
  reading.finished = wall_now();
  reading.add(Metric::traffic_bps, 2e6F);
  lines->note_use(reading);
  EXPECT_EQ(reason(kFarTooLong), OutcomeReason::line_in_use);
  EXPECT_EQ(server.connections(), 0U) << "nothing was sent";
  reading.values[0].value = 1000;
  lines->note_use(reading);
  EXPECT_EQ(reason(kFarTooLong), OutcomeReason::none);
  EXPECT_EQ(reason(kFarTooLong), OutcomeReason::cap_reached);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(Throughput, GivesTheNodeBackWhenItIsCancelled) {
  const auto cancels = [&](const std::string& received) -> std::optional<StreamReply> {
    if (!received.empty()) cancel_it();
    return std::nullopt;
  };
  EXPECT_EQ(test(cancels).reason, OutcomeReason::cancelled);
  const LineTest next{EndpointIndex{8}, {NodeIndex{3}}, 0};
  EXPECT_EQ(lines->begin(next, {.at_once = 1}, wall_now()), OutcomeReason::none);
}

struct ReflectedThroughput : Throughput {
  // A reflector as `faultline reflector` runs it, as long as this lives.
  struct Reflector {
    explicit Reflector(bool is_stateful, double most_a_second = 20'000) {
      reflector::ReflectorSettings settings;
      settings.port = 0;
      settings.is_stateful = is_stateful;
      settings.most_a_second_by_network = most_a_second;
      server = reflector::Server::open({"127.0.0.1"}, settings).value();
      thread = std::thread([this] { server->run(); });
    }
    ~Reflector() {
      server->stop();
      thread.join();
    }
    std::unique_ptr<reflector::Server> server;
    std::thread thread;
  };
  Round reflect(std::uint16_t port, Duration time_limit = kFarTooLong) {
    return measure(
        "throughput",
        {{"method", "stamp"}, {"port", std::to_string(port)}, {"max_bps", "4000000"}, {"duration", "200ms"}},
        "127.0.0.1", time_limit);
  }
};

TEST_F(ReflectedThroughput, IsTheRateAtWhichPacketsComeBack) {
  const Reflector far_end(false);
  const Round round = reflect(far_end.server->port());
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_GT(value(round, Metric::throughput_bps), 0);
  EXPECT_LE(value(round, Metric::throughput_bps), 4.01e6F) << "the rate is bounded";
  EXPECT_FALSE(has(round, Metric::throughput_up_bps)) << "a stateless reflector does not tell";
}

TEST_F(ReflectedThroughput, SaysHowManyPacketsCameBack) {
  notes->wants_exchange = true;
  const Reflector far_end(false);
  const std::string port = std::to_string(far_end.server->port());
  reflect(far_end.server->port());
  ASSERT_EQ(notes->list.size(), 2U);
  EXPECT_THAT(notes->list[0].text,
              testing::MatchesRegex("[0-9]+ STAMP packets of 1400 bytes to 127.0.0.1 port " + port +
                                    " within 0\\.[0-9]+ s"));
  EXPECT_THAT(notes->list[1].text,
              testing::MatchesRegex("[0-9]+ of them came back; the reflector counted none of its own"));
}

TEST_F(ReflectedThroughput, ByDirectionIfTheReflectorCounts) {
  const Reflector far_end(true);
  const Round round = reflect(far_end.server->port());
  EXPECT_GT(value(round, Metric::throughput_up_bps), 0);
  EXPECT_LE(value(round, Metric::throughput_up_bps), 4.01e6F);
}

TEST_F(ReflectedThroughput, IsLessWhenPacketsAreLost) {
  const Reflector far_end(true, 10);  // answers the first ten
  const Round round = reflect(far_end.server->port());
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_LT(value(round, Metric::throughput_up_bps), 1e6F);
}

TEST_F(ReflectedThroughput, TellsWhyThereIsNone) {
  const ClosedPort closed;
  const Round refused = reflect(static_cast<std::uint16_t>(std::stoi(closed.port())));
  EXPECT_EQ(refused.outcome, Outcome::refused);
  EXPECT_EQ(refused.reason, OutcomeReason::port_unreachable);
  udp::socket silent(io, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  EXPECT_EQ(reflect(silent.local_endpoint().port()).outcome, Outcome::timed_out);
  udp::socket chatty(io, udp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::array<char, 2048> bytes{};
  udp::endpoint sender;
  chatty.async_receive_from(asio::buffer(bytes), sender, [&](boost::system::error_code error, std::size_t) {
    if (!error) chatty.send_to(asio::buffer("no STAMP", 8), sender);
  });
  EXPECT_EQ(reflect(chatty.local_endpoint().port()).outcome, Outcome::malformed);
  cancel_soon();
  EXPECT_EQ(reflect(silent.local_endpoint().port()).reason, OutcomeReason::cancelled);
}

TEST(ThroughputOptions, SayWhatIsWrong) {
  const auto message = [](const Settings& settings) -> std::string {
    try {
      make_probe("throughput", settings);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "fine";
  };
  EXPECT_EQ(message({}), "fine");
  EXPECT_THAT(message({{"url", "http://speed.example.net/"}}), HasSubstr("url: \"http://speed"));
  EXPECT_THAT(message({{"upload_url", "http://speed.example.net/"}}), HasSubstr("upload_url: "));
  EXPECT_THAT(message({{"url", "ftp://{address}/"}}), HasSubstr("url: "));
  EXPECT_THAT(message({{"url", ""}}), HasSubstr("neither a download nor an upload"));
  EXPECT_THAT(message({{"max_bytes", "100000001"}}), HasSubstr("daily_cap: less than one test's bytes"));
  EXPECT_THAT(message({{"method", "stamp"}}), HasSubstr("max_bps: "));
  EXPECT_EQ(message({{"method", "stamp"}, {"max_bps", "1000000"}, {"url", "ignored"}}), "fine");
}

}  // namespace
}  // namespace faultline::session
