// What `faultline probe --verbose` shows: the raw conversation of each probe by IP, in words and without
// secrets.
#include "probes/session/http_exchange.h"
#include "probes/session/http_listener.h"
#include "probes/session/snmp.h"
#include "tests/unit/probes_session/dns_server.h"
#include "tests/unit/probes_session/measure.h"
#include "tests/unit/probes_session/snmp_daemon.h"
#include "tests/unit/probes_session/stream_server.h"

#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

StreamScript always(std::string bytes) {
  return [=](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    return StreamReply{bytes, false};
  };
}

struct Exchanges : Measuring {
  Exchanges() { notes->wants_exchange = true; }
  // "> sent", "< received", in order.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const SessionNote& note : notes->list)
      if (note.kind == SessionNote::Kind::exchange) lines.push_back(note.what + ' ' + note.text);
    return lines;
  }
  std::string all() const {
    std::string text;
    for (const std::string& line : lines()) text += line + '\n';
    return text;
  }
};

TEST_F(Exchanges, OfTcpAreTheConnectionAndWhatCameOfIt) {
  StreamServer server(io, [](const std::string&) { return std::nullopt; });
  measure("tcp", {{"port", server.port()}});
  EXPECT_THAT(lines(), ElementsAre("> connect to 127.0.0.1:" + server.port(), "< connected"));
  notes->list.clear();
  const ClosedPort closed;
  measure("tcp", {{"port", closed.port()}});
  EXPECT_THAT(lines(), ElementsAre("> connect to 127.0.0.1:" + closed.port(), "< Connection refused"));
}

TEST_F(Exchanges, AreNotKeptWhereNobodyLooksOn) {
  notes->wants_exchange = false;
  StreamServer server(io, always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  measure("tcp", {{"port", server.port()}});
  measure("http", {{"url", "http://{address}/"}, {"port", server.port()}});
  EXPECT_TRUE(notes->list.empty());
}

TEST_F(Exchanges, OfDnsAreTheQuestionAndTheAnswerInWords) {
  DnsServer server;
  server.set("www.test", {"192.0.2.7", "2001:db8::1"}, 60);
  const std::string port = server.address().substr(server.address().rfind(':') + 1);
  measure("dns", {{"name", "www.test"}, {"port", port}});
  ASSERT_THAT(lines(), ElementsAre(MatchesRegex("> www.test A, id [0-9]+, recursion wanted, by UDP to "
                                                "127.0.0.1:" +
                                                port),
                                   MatchesRegex("< id [0-9]+, noerror.*, [0-9]+ records?"),
                                   "< A 192.0.2.7, 60 s to live"));
  notes->list.clear();
  measure("dns", {{"name", "no.test"}, {"port", port}});
  EXPECT_THAT(lines().back(), MatchesRegex("< id [0-9]+, nxdomain.*, 0 records"));
}

TEST_F(Exchanges, OfDnsTellWhatIsNoAnswerAndThatNoneCame) {
  asio::ip::udp::socket mute(io, {asio::ip::address_v4::loopback(), 0});
  const std::string port = std::to_string(mute.local_endpoint().port());
  measure("dns", {{"port", port}}, "127.0.0.1", 50ms);
  EXPECT_THAT(lines().back(), "< nothing in time");
  notes->list.clear();
  StreamServer junk(io, [](const std::string& received) -> std::optional<StreamReply> {
    if (received.empty()) return std::nullopt;
    return StreamReply{std::string("\0\4junk", 6), false};
  });
  measure("dns", {{"port", junk.port()}, {"transport", "tcp"}});
  EXPECT_THAT(lines(), ElementsAre(HasSubstr(", by TCP to 127.0.0.1:" + junk.port()),
                                   "< 4 bytes that are no answer to this question"));
}

TEST_F(Exchanges, OfHttpAreBothHeadersAndTheSizeOfTheBody) {
  StreamServer server(io, always("HTTP/1.1 200 Fine\r\nServer: test\r\nContent-Length: 5\r\n\r\nhello"));
  measure("http", {{"url", "http://{address}/a?b"}, {"port", server.port()}});
  EXPECT_THAT(lines(),
              ElementsAre("> connect to 127.0.0.1:" + server.port(), "< connected", "> GET /a?b HTTP/1.1",
                          "> Host: 127.0.0.1:" + server.port(), "> User-Agent: faultline", "> Accept: */*",
                          "> Connection: close", "< HTTP/1.1 200 Fine", "< Server: test",
                          "< Content-Length: 5", "< 5 bytes of body"));
}

TEST_F(Exchanges, OfHttpThatIsNoneAreWhatCame) {
  StreamServer server(io, always("SSH-2.0-OpenSSH_9.2\r\n"));
  measure("http", {{"url", "http://{address}/"}, {"port", server.port()}});
  EXPECT_EQ(lines().back(), "< SSH-2.0-OpenSSH_9.2");
}

TEST_F(Exchanges, OfTlsAreWhatWasAgreedOnAndTheCertificate) {
  const TestCertificate certificate = make_test_certificate(30);
  StreamServer server(io, always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), &certificate);
  measure("http", {{"port", server.port()}, {"verify", "false"}});
  const auto told = lines();
  ASSERT_GE(told.size(), 7U);
  EXPECT_THAT(told[2], MatchesRegex("< TLSv1\\.[23], [A-Z0-9_-]+"));
  EXPECT_EQ(told[3], "< certificate of CN=test");
  EXPECT_EQ(told[4], "< issued by CN=test");
  EXPECT_THAT(told[5], MatchesRegex("< ends [A-Z][a-z]+ .* 20[0-9]+ GMT"));
  EXPECT_EQ(told[6], "< it cannot be trusted");
  notes->list.clear();
  StreamServer plain(io, [](const std::string& received) -> std::optional<StreamReply> {
    if (received.empty()) return std::nullopt;
    return StreamReply{"HTTP/1.1 400 Bad Request\r\n\r\n", true};
  });
  measure("http", {{"port", plain.port()}});
  EXPECT_THAT(lines().back(), StartsWith("< no TLS: "));
}

TEST_F(Exchanges, OfPrometheusAreTheQueryAndWhatItHasForTheEndpoint) {
  const std::string body =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"cell-0417"},)"
      R"("value":[1764421200.1,"-97.5"]},{"metric":{"instance":"other"},"value":[1764421200.1,"1"]}]}})";
  StreamServer server(
      io, always("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  measure("prometheus", {{"url", "http://127.0.0.1:" + server.port()}, {"rsrp_dbm", "rsrp"}});
  const auto told = lines();
  ASSERT_GE(told.size(), 5U) << all();
  EXPECT_EQ(told[0], "> connect to 127.0.0.1:" + server.port());
  EXPECT_THAT(told[2], StartsWith("> GET /api/v1/query?query=rsrp&timeout="));
  EXPECT_EQ(told[told.size() - 2], "< " + std::to_string(body.size()) + " bytes of body");
  EXPECT_EQ(told.back(), "< rsrp_dbm: 2 series with a label instance; instance=\"cell-0417\" is -97.5");
}

TEST_F(Exchanges, OfThroughputAreBothTransfers) {
  StreamServer server(io,
                      always("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + std::string(20000, 'x')));
  measure("throughput", {{"url", "http://{address}/big"}, {"port", server.port()}});
  EXPECT_THAT(lines(), testing::Contains("> GET /big HTTP/1.1"));
  EXPECT_EQ(lines().back(), "< 20000 bytes of body");
}

TEST_F(Exchanges, OfHttpShowNoSecret) {
  StreamServer server(io,
                      always("HTTP/1.1 200 OK\r\nSet-Cookie: id=hunter2\r\nLocation: /x?token=hunter2&b=1\r\n"
                             "Content-Length: 0\r\n\r\n"));
  HttpListener listener(exchange_watch({EndpointIndex{1}, "a", "", "", "", {}, {}, notes}));
  HttpRequest request{
      {false, "127.0.0.1", static_cast<std::uint16_t>(std::stoi(server.port())), "/?api_key=hunter2&cell=7"},
      "",
      "GET"};
  request.header = "Authorization: Basic hunter2\r\nX-Api-Key: hunter2\r\nproxy-authorization: hunter2\r\n";
  request.listener = &listener;
  HttpAnswer answer(false, 100);
  bool done = false;
  asio::co_spawn(io, exchange(request, answer, kFarTooLong),
                 [&](const std::exception_ptr&, const HttpCourse&) { done = true; });
  run_until(io, [&] { return done; });
  listener.ended();
  EXPECT_THAT(all(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(
      all(),
      AllOf(HasSubstr("> GET /?api_key=(not shown)&cell=7 HTTP/1.1\n"),
            HasSubstr("> Authorization: (not shown)\n"), HasSubstr("> X-Api-Key: (not shown)\n"),
            HasSubstr("> proxy-authorization: (not shown)\n"), HasSubstr("< Set-Cookie: (not shown)\n"),
            HasSubstr("< Location: /x?token=(not shown)&b=1\n"), HasSubstr("< 0 bytes of body")));
}

TEST(ShownHeaderLines, HideASecretThatGoesOnInTheNextLine) {
  EXPECT_THAT(
      shown_header_lines(
          "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=a\r\nCookie: a\r\n b\r\n\tc\r\nX: y\r\n"
          " z\r\n\r\nbody: 1\r\n"),
      ElementsAre("HTTP/1.1 401 No", "WWW-Authenticate: Basic realm=a", "Cookie: (not shown)", "X: y", " z"));
  EXPECT_THAT(
      shown_header_lines("GET /a=b?sid=1;x=2&&password=p#f HTTP/1.1\nA: ?token="),
      ElementsAre("GET /a=b?sid=(not shown);x=2&&password=(not shown)#f HTTP/1.1", "A: ?token=(not shown)"));
  EXPECT_TRUE(shown_header_lines("").empty());
}

// By versions 2c and 3: the secrets are those of the real agent, so that they were surely used.
TEST_F(Exchanges, OfSnmpAreTheVariablesAndNoSecret) {
  if (!SnmpDaemon::is_installed()) GTEST_SKIP() << "no snmpd here";
  const SnmpDaemon agent({"1.3.6.1.4.1.99999.1.1.7 integer -85", "1.3.6.1.4.1.99999.1.2.7 octet_str 6.7"});
  if (!agent.is_running()) GTEST_SKIP() << agent.said();
  DeviceValue rsrp, sinr;
  rsrp.column = *parse_oid("1.3.6.1.4.1.99999.1.1");
  sinr.metric = Metric::sinr_db;
  sinr.column = *parse_oid("1.3.6.1.4.1.99999.1.2");
  DeviceProfiles profiles = {{"row", "", {}, {}, {rsrp, sinr}}};
  SessionTarget target{EndpointIndex{7}, "onu-7", "127.0.0.1", ""};
  target.agent = ":" + std::to_string(agent.port()) + "/7";
  target.device_profiles = std::make_shared<const DeviceProfiles>(profiles);
  target.notes = notes;
  const Settings by_community = {{"community", SnmpDaemon::kCommunity}, {"profile", "row"}};
  const Settings by_user = {{"version", "3"},
                            {"user", SnmpDaemon::kUser},
                            {"auth_password", SnmpDaemon::kAuthPassword},
                            {"privacy_password", SnmpDaemon::kPrivacyPassword},
                            {"profile", "row"}};
  for (const Settings& settings : {by_community, by_user}) {
    notes->list.clear();
    const auto probe = make_probe("snmp", settings);
    Round round;
    bool done = false;
    asio::co_spawn(io, probe->run(target, kFarTooLong), [&](const std::exception_ptr&, const Round& result) {
      round = result;
      done = true;
    });
    run_until(io, [&] { return done; });
    EXPECT_EQ(round.outcome, Outcome::ok);
    const auto told = lines();
    ASSERT_GE(told.size(), 3U);
    EXPECT_EQ(told[told.size() - 3], "> GET 1.3.6.1.4.1.99999.1.1.7 1.3.6.1.4.1.99999.1.2.7");
    EXPECT_EQ(told[told.size() - 2], "< 1.3.6.1.4.1.99999.1.1.7 = -85");
    EXPECT_EQ(told[told.size() - 1], "< 1.3.6.1.4.1.99999.1.2.7 = \"6.7\"");
    for (const char* secret :
         {SnmpDaemon::kCommunity, SnmpDaemon::kAuthPassword, SnmpDaemon::kPrivacyPassword})
      EXPECT_THAT(all(), Not(HasSubstr(secret)));
  }
}

TEST_F(Exchanges, OfSnmpTellWhyThereIsNoAnswer) {
  SessionTarget target{EndpointIndex{7}, "onu-7", "127.0.0.1", ""};
  target.agent = ":" + std::to_string(free_udp_port()) + "/7";
  target.device_profiles = std::make_shared<const DeviceProfiles>();
  target.notes = notes;
  const auto probe = make_probe("snmp", {});
  bool done = false;
  asio::co_spawn(io, probe->run(target, kFarTooLong),
                 [&](const std::exception_ptr&, const Round&) { done = true; });
  run_until(io, [&] { return done; });
  EXPECT_THAT(lines(), ElementsAre("> GETNEXT 1.3.6.1.2.1.1.2", "< unreachable: port_unreachable"));
}

}  // namespace
}  // namespace faultline::session
