// The http probe against real servers, plain and with TLS: a good answer, and every way of not giving one.
#include "probes/async/look_up.h"
#include "tests/unit/probes_session/dns_server.h"
#include "tests/unit/probes_session/measure.h"
#include "tests/unit/probes_session/stream_server.h"

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// Answers a whole request with these bytes.
StreamScript always(std::string bytes, bool then_close = false) {
  return [=](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    return StreamReply{bytes, then_close};
  };
}
const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct HttpProbe : Measuring {
  Round get(const StreamServer& server, Settings settings = {}, Duration time_limit = kFarTooLong) {
    settings.emplace_back("port", server.port());
    return measure("http", settings, "127.0.0.1", time_limit);
  }
  Round get_plain(StreamScript script, Settings settings = {}, Duration time_limit = kFarTooLong) {
    StreamServer server(io, std::move(script));
    settings.emplace_back("url", "http://{address}/");
    return get(server, std::move(settings), time_limit);
  }
};

// An authority that exists as a file as long as this lives.
struct Authority {
  explicit Authority(int ends_in_days)
      : certificate(make_test_certificate(ends_in_days)),
        file(testing::TempDir() + "http-probe-" + std::to_string(getpid()) + ".pem") {
    std::ofstream(file) << certificate.pem;
  }
  ~Authority() { std::filesystem::remove(file); }
  TestCertificate certificate;
  std::string file;
};

TEST_F(HttpProbe, TellsEveryPhaseOfAPlainAnswer) {
  std::string request;
  const Round round = get_plain([&](const std::string& received) {
    request = received;
    return always(kHello)(received);
  });
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_GT(value(round, Metric::connect_ms), 0);
  EXPECT_GT(value(round, Metric::first_byte_ms), 0);
  EXPECT_GT(value(round, Metric::http_ms), value(round, Metric::connect_ms));
  EXPECT_EQ(value(round, Metric::http_status), 200);
  EXPECT_EQ(value(round, Metric::http_bytes), 5);
  EXPECT_FALSE(has(round, Metric::resolve_ms)) << "there is no name";
  EXPECT_FALSE(has(round, Metric::tls_ms));
  EXPECT_FALSE(has(round, Metric::certificate_days));
  EXPECT_THAT(request, StartsWith("GET / HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_F(HttpProbe, TellsEveryPhaseOfAnHttpsAnswer) {
  DnsServer names;
  names.set("localhost.test", {"127.0.0.1"});
  set_look_up_options(io, {.servers = names.address()});
  const Authority authority(30);
  StreamServer server(io, always(kHello), &authority.certificate);
  const Round round = measure("http",
                              {{"url", "https://{address}/x?y"},
                               {"port", server.port()},
                               {"host", "localhost"},
                               {"ca", authority.file}},
                              "localhost.test");
  EXPECT_EQ(round.outcome, Outcome::ok) << name(round.reason);
  EXPECT_EQ(round.value_count, 8);
  for (const Metric metric : {Metric::resolve_ms, Metric::connect_ms, Metric::tls_ms, Metric::first_byte_ms})
    EXPECT_GT(value(round, metric), 0) << name(metric);
  EXPECT_GE(value(round, Metric::http_ms), value(round, Metric::resolve_ms) + value(round, Metric::tls_ms));
  EXPECT_NEAR(value(round, Metric::certificate_days), 30, 0.1);
  EXPECT_EQ(server.server_name(), "localhost");
}

TEST_F(HttpProbe, AnAddressIsLookedForInTheCertificateAndNotSent) {
  const Authority authority(30);
  StreamServer server(io, always(kHello), &authority.certificate);
  EXPECT_EQ(get(server, {{"ca", authority.file}}).outcome, Outcome::ok);
  EXPECT_EQ(server.server_name(), "");
}

TEST_F(HttpProbe, ACertificateThatCannotBeTrustedIsAFailureAndStillDated) {
  const Authority authority(30);
  StreamServer server(io, always(kHello), &authority.certificate);
  const Round stranger = get(server);
  EXPECT_EQ(stranger.outcome, Outcome::refused);
  EXPECT_EQ(stranger.reason, OutcomeReason::certificate_refused);
  EXPECT_NEAR(value(stranger, Metric::certificate_days), 30, 0.1);
  EXPECT_FALSE(has(stranger, Metric::http_status)) << "nothing is asked of it";
  const Round other_name = get(server, {{"ca", authority.file}, {"host", "www.example.net"}});
  EXPECT_EQ(other_name.reason, OutcomeReason::certificate_refused);
  EXPECT_EQ(get(server, {{"verify", "false"}}).outcome, Outcome::ok);
}

TEST_F(HttpProbe, ACertificateThatHasEndedHasNegativeDays) {
  const Authority authority(-2);
  StreamServer server(io, always(kHello), &authority.certificate);
  const Round round = get(server, {{"ca", authority.file}});
  EXPECT_EQ(round.reason, OutcomeReason::certificate_refused);
  EXPECT_NEAR(value(round, Metric::certificate_days), -2, 0.1);
}

TEST_F(HttpProbe, PlainTextWhereTlsIsExpectedIsNoTls) {
  const Round round = [&] {
    StreamServer server(io, [](const std::string& received) -> std::optional<StreamReply> {
      if (received.empty()) return std::nullopt;
      return StreamReply{"HTTP/1.1 400 Bad Request\r\n\r\n", true};
    });
    return get(server);
  }();
  EXPECT_EQ(round.outcome, Outcome::refused);
  EXPECT_EQ(round.reason, OutcomeReason::tls_failed);
  EXPECT_GT(value(round, Metric::connect_ms), 0);
}

TEST_F(HttpProbe, TheStatusMustBeTheExpected) {
  const auto busy = always("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  const Round round = get_plain(busy);
  EXPECT_EQ(round.outcome, Outcome::refused);
  EXPECT_EQ(round.reason, OutcomeReason::error_answer);
  EXPECT_EQ(value(round, Metric::http_status), 503);
  EXPECT_TRUE(has(round, Metric::http_ms));
  EXPECT_EQ(get_plain(busy, {{"expected_status", "200,503"}}).outcome, Outcome::ok);
  EXPECT_EQ(get_plain(always("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n")).outcome, Outcome::ok)
      << "a redirect is an answer";
}

TEST_F(HttpProbe, TheBodyMustHoldWhatIsExpected) {
  EXPECT_EQ(get_plain(always(kHello), {{"body", "ell"}}).outcome, Outcome::ok);
  const Round round = get_plain(always(kHello), {{"body", "goodbye"}});
  EXPECT_EQ(round.outcome, Outcome::refused);
  EXPECT_EQ(round.reason, OutcomeReason::unexpected_answer);
  EXPECT_EQ(get_plain(always(kHello), {{"body", "hello"}, {"max_bytes", "4"}}).reason,
            OutcomeReason::unexpected_answer);
}

TEST_F(HttpProbe, ReadsNoMoreThanItIsTold) {
  const Round round =
      get_plain(always("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x')), {{"max_bytes", "5000"}});
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(value(round, Metric::http_bytes), 5000);
}

TEST_F(HttpProbe, AHeadRequestIsAnsweredWithoutABody) {
  const Round round = get_plain(
      [](const std::string& received) -> std::optional<StreamReply> {
        if (!received.starts_with("HEAD /")) return std::nullopt;
        return StreamReply{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"};
      },
      {{"method", "HEAD"}});
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(value(round, Metric::http_bytes), 0);
}

TEST_F(HttpProbe, SilenceIsTimedOut) {
  const Round round = get_plain(always(""), {}, 50ms);
  EXPECT_EQ(round.outcome, Outcome::timed_out);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_GT(value(round, Metric::connect_ms), 0) << "so far it went";
  EXPECT_FALSE(has(round, Metric::http_ms));
}

TEST_F(HttpProbe, AHandshakeThatNeverEndsIsTimedOut) {
  StreamServer server(io, [](const std::string&) { return std::nullopt; });
  const Round round = get(server, {}, 50ms);
  EXPECT_EQ(round.outcome, Outcome::timed_out);
  EXPECT_FALSE(has(round, Metric::tls_ms));
}

TEST_F(HttpProbe, HalfAnAnswerIsTimedOutOrClosed) {
  const std::string half = kHello.substr(0, kHello.size() - 2);
  const Round waited = get_plain(always(half), {}, 50ms);
  EXPECT_EQ(waited.outcome, Outcome::timed_out);
  EXPECT_EQ(value(waited, Metric::http_status), 200);
  EXPECT_TRUE(has(waited, Metric::first_byte_ms));
  EXPECT_FALSE(has(waited, Metric::http_ms));
  for (const std::string& text : {half, std::string("HTTP/1.1 20"), std::string()}) {
    const Round closed = get_plain(always(text, true));
    EXPECT_EQ(closed.outcome, Outcome::refused) << text;
    EXPECT_EQ(closed.reason, OutcomeReason::connection_closed) << text;
  }
}

TEST_F(HttpProbe, HalfAnAnswerByTlsIsClosed) {
  const Authority authority(30);
  StreamServer server(io, always(kHello.substr(0, 30), true), &authority.certificate);
  const Round round = get(server, {{"ca", authority.file}});
  EXPECT_EQ(round.outcome, Outcome::refused);
  EXPECT_EQ(round.reason, OutcomeReason::connection_closed);
}

TEST_F(HttpProbe, GarbageIsMalformed) {
  const Round round = get_plain(always("SSH-2.0-OpenSSH_9.2\r\n"));
  EXPECT_EQ(round.outcome, Outcome::malformed);
  EXPECT_FALSE(has(round, Metric::http_status));
}

TEST_F(HttpProbe, AClosedPortIsRefused) {
  const ClosedPort closed;
  const Round round = measure("http", {{"port", closed.port()}});
  EXPECT_EQ(round.outcome, Outcome::refused);
  EXPECT_EQ(round.reason, OutcomeReason::port_unreachable);
  EXPECT_EQ(round.value_count, 0);
}

TEST_F(HttpProbe, ANameWithoutAnAddressIsNotMeasured) {
  DnsServer names;
  set_look_up_options(io, {.servers = names.address()});
  const Round round = measure("http", {{"url", "https://no.test/"}});
  EXPECT_EQ(round.outcome, Outcome::not_measured);
  EXPECT_EQ(round.reason, OutcomeReason::name_unresolved);
}

TEST_F(HttpProbe, ComesBackAtOnceWhenItIsCancelled) {
  const auto cancels = [&](const std::string& received) -> std::optional<StreamReply> {
    if (!received.empty()) cancel_it();
    return std::nullopt;
  };
  const Round plain = get_plain(cancels);
  EXPECT_EQ(plain.outcome, Outcome::not_measured);
  EXPECT_EQ(plain.reason, OutcomeReason::cancelled);
  StreamServer shaking(io, cancels);  // reads the first of the handshake and says nothing
  EXPECT_EQ(get(shaking).reason, OutcomeReason::cancelled);
  const Authority authority(30);
  StreamServer server(io, cancels, &authority.certificate);
  EXPECT_EQ(get(server, {{"ca", authority.file}}).reason, OutcomeReason::cancelled);
}

TEST_F(HttpProbe, CancelledBetweenTwoPiecesReadsNoMore) {
  const Round round = get_plain([&](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    asio::post(io, [&] { asio::post(io, [&] { cancel_it(); }); });
    return StreamReply{kHello.substr(0, 20)};
  });
  EXPECT_EQ(round.reason, OutcomeReason::cancelled);
}

}  // namespace
}  // namespace faultline::session
