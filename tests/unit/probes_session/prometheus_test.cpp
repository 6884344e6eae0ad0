// The prometheus probe against a server that says what a Prometheus says, and every other thing.
#include "probes/session/prometheus.h"

#include "probes/async/look_up.h"
#include "probes/session/prometheus_query.h"
#include "tests/unit/probes_session/asking.h"
#include "tests/unit/probes_session/dns_server.h"
#include "tests/unit/probes_session/stream_server.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace faultline::session {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::string http(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string vector_of(const std::vector<std::pair<std::string, std::string>>& values) {
  std::string body = R"({"status":"success","data":{"resultType":"vector","result":[)";
  for (const auto& [label, value] : values)
    body += (body.ends_with('[') ? "" : ",") + (R"({"metric":{"instance":")" + label) +
            R"("},"value":[1764421200.1,")" + value + "\"]}";
  return body + "]}}";
}
StreamScript always(std::string bytes, bool then_close = false) {
  return [=](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    return StreamReply{bytes, then_close};
  };
}

// A file as long as this lives.
struct SecretFile {
  explicit SecretFile(const std::string& text)
      : path(testing::TempDir() + "prometheus-probe-" + std::to_string(getpid())) {
    set(text);
  }
  ~SecretFile() { std::filesystem::remove(path); }
  void set(const std::string& text) const { std::ofstream(path) << text << "\n"; }
  std::string path;
};

struct PrometheusProbe : Asking {
  static std::unique_ptr<SessionProbe> probe_of(const StreamServer& server, Settings settings = {}) {
    settings.emplace_back("url", "http://127.0.0.1:" + server.port());
    if (settings.size() == 1) settings.emplace_back("rsrp_dbm", "rsrp");
    return make_probe("prometheus", settings);
  }
  // One measurement of cell-0417 at 127.0.0.1.
  Round once(StreamScript script, Settings settings = {}, Duration time_limit = kFarTooLong) {
    StreamServer server(io, std::move(script));
    if (settings.empty()) settings.emplace_back("rsrp_dbm", "rsrp");
    settings.emplace_back("url", "http://127.0.0.1:" + server.port());
    return measure("prometheus", settings, "127.0.0.1", time_limit);
  }
  static void expect_unmeasured(const Round& round, OutcomeReason reason) {
    EXPECT_EQ(round.outcome, Outcome::not_measured);
    EXPECT_EQ(name(round.reason), name(reason));
    EXPECT_EQ(round.value_count, 0);
  }
};

TEST_F(PrometheusProbe, TakesTheValueOfItsEndpoint) {
  std::string request;
  const Round round = once(
      [&](const std::string& received) {
        request = received;
        return always(http(vector_of({{"cell-0416", "-90"}, {"cell-0417", "-97.5"}})))(received);
      },
      {{"rsrp_dbm", "avg by (instance) (rsrp)"}});
  EXPECT_EQ(round.outcome, Outcome::ok);
  EXPECT_EQ(round.reason, OutcomeReason::none);
  EXPECT_EQ(round.value_count, 1);
  EXPECT_EQ(value(round, Metric::rsrp_dbm), -97.5F);
  EXPECT_THAT(request, StartsWith("GET /api/v1/query?query=avg%20by%20%28instance%29%20%28rsrp%29&timeout="));
  EXPECT_THAT(request, testing::Not(HasSubstr("Authorization")));
}

TEST_F(PrometheusProbe, EachMetricIsAQueryOfItsOwn) {
  const auto script = [](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    const bool is_rsrp = received.find("query=rsrp") != std::string::npos;
    const bool is_sinr = received.find("query=sinr") != std::string::npos;
    if (is_rsrp) return StreamReply{http(vector_of({{"cell-0417", "-97"}}))};
    if (is_sinr)
      return StreamReply{http(R"({"status":"error","errorType":"bad_data","error":"x"})", "400 Bad Request")};
    return StreamReply{http(vector_of({{"cell-0417", "0.4"}}))};
  };
  const Round round = once(script, {{"rsrp_dbm", "rsrp"}, {"sinr_db", "sinr"}, {"utilisation", "prb"}});
  EXPECT_EQ(round.outcome, Outcome::ok) << "the others are good";
  EXPECT_EQ(round.value_count, 2);
  EXPECT_EQ(value(round, Metric::rsrp_dbm), -97);
  EXPECT_EQ(value(round, Metric::utilisation), 0.4F);
}

TEST_F(PrometheusProbe, FindsTheEndpointByWhatTheLabelIs) {
  StreamServer server(io, always(http(vector_of({{"10.0.0.7:9100", "-1"},
                                                 {"[2001:db8::1]:9100", "-2"},
                                                 {"olt-3/268501248.1", "-3"},
                                                 {"268501248.1", "-4"}}))));
  const auto asked_by = [&](const char* match, const SessionTarget& who) {
    return value(ask(*probe_of(server, {{"match", match}, {"rsrp_dbm", "x"}}), who), Metric::rsrp_dbm);
  };
  EXPECT_EQ(asked_by("address", target(1, "a", "10.0.0.7")), -1);
  EXPECT_EQ(asked_by("address", target(1, "a", "2001:db8::1")), -2);
  EXPECT_EQ(asked_by("agent", target(1, "a", "", "olt-3/268501248.1")), -3);
  EXPECT_EQ(asked_by("index", target(1, "a", "", "olt-3/268501248.1")), -4);
  for (const char* match : {"name", "address", "agent", "index"})
    expect_unmeasured(ask(*probe_of(server, {{"match", match}, {"rsrp_dbm", "x"}}), target(1, "a")),
                      OutcomeReason::no_value);
}

TEST_F(PrometheusProbe, WhatIsNotKnownOfAnEndpointIsNotMeasured) {
  for (const char* number : {"NaN", "+Inf", "-Inf", "1e300"})
    expect_unmeasured(once(always(http(vector_of({{"cell-0417", number}})))), OutcomeReason::no_value);
  expect_unmeasured(once(always(http(vector_of({})))), OutcomeReason::no_value);
  expect_unmeasured(once(always(http(vector_of({{"cell-0416", "1"}})))), OutcomeReason::no_value);
  expect_unmeasured(
      once(always(http(vector_of({{"cell-0417", "1"}}))), {{"rsrp_dbm", "x"}, {"label", "cell"}}),
      OutcomeReason::no_value);
}

TEST_F(PrometheusProbe, TwoSeriesOfOneEndpointAreNone) {
  const auto twice = always(http(vector_of({{"cell-0417", "1"}, {"cell-0417", "1"}, {"cell-0416", "3"}})));
  expect_unmeasured(once(twice), OutcomeReason::ambiguous_value);
  expect_unmeasured(once(always(http(vector_of({{"127.0.0.1:1", "1"}, {"127.0.0.1:2", "1"}}))),
                         {{"rsrp_dbm", "x"}, {"match", "address"}}),
                    OutcomeReason::ambiguous_value);
}

TEST_F(PrometheusProbe, ARefusalSaysNothingAboutTheEndpoint) {
  const std::string refusal = R"({"status":"error","errorType":"bad_data","error":"1:1: parse error"})";
  expect_unmeasured(once(always(http(refusal, "400 Bad Request"))), OutcomeReason::error_answer);
  expect_unmeasured(once(always(http(refusal))), OutcomeReason::error_answer);
  expect_unmeasured(once(always(http("no", "503 Service Unavailable"))), OutcomeReason::error_answer);
  expect_unmeasured(once(always(http(vector_of({{"cell-0417", "1"}}), "302 Found"))),
                    OutcomeReason::error_answer);
  expect_unmeasured(
      once(always(http(R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})"))),
      OutcomeReason::unexpected_answer);
}

TEST_F(PrometheusProbe, GarbageIsMalformed) {
  for (const std::string& bytes : {std::string("SSH-2.0-OpenSSH_9.2\r\n"), http("<html></html>"), http("")}) {
    const Round round = once(always(bytes));
    EXPECT_EQ(round.outcome, Outcome::malformed) << bytes;
    EXPECT_EQ(round.value_count, 0) << bytes;
  }
}

TEST_F(PrometheusProbe, AnAnswerThatIsTooLongIsNotUsed) {
  const std::string body = vector_of({{"cell-0417", "-97"}}) + std::string(1500, ' ');
  const Settings limit = {{"rsrp_dbm", "x"}, {"max_bytes", "1024"}};
  expect_unmeasured(once(always(http(body)), limit), OutcomeReason::answer_too_large);
  expect_unmeasured(once(always("HTTP/1.1 200 OK\r\n\r\n" + body), limit), OutcomeReason::answer_too_large);
  EXPECT_EQ(once(always(http(body.substr(0, 1024))), limit).outcome, Outcome::ok);
}

TEST_F(PrometheusProbe, HalfAnAnswerIsNone) {
  const std::string whole = http(vector_of({{"cell-0417", "-97"}}));
  for (const std::string& half : {whole.substr(0, whole.size() - 1), whole.substr(0, 12), std::string()}) {
    expect_unmeasured(once(always(half, true)), OutcomeReason::connection_closed);
    expect_unmeasured(once(always(half), {}, 50ms), OutcomeReason::source_silent);
  }
}

TEST_F(PrometheusProbe, AServerThatCannotBeReachedSaysNothing) {
  const ClosedPort closed;
  expect_unmeasured(measure("prometheus", {{"rsrp_dbm", "x"}, {"url", "http://127.0.0.1:" + closed.port()}}),
                    OutcomeReason::port_unreachable);
  DnsServer names;
  set_look_up_options(io, {.servers = names.address()});
  expect_unmeasured(measure("prometheus", {{"rsrp_dbm", "x"}, {"url", "http://no.test"}}),
                    OutcomeReason::name_unresolved);
}

TEST_F(PrometheusProbe, AfterAServerThatHangsTheOtherQueriesAreNotTried) {
  StreamServer server(io, [](const std::string&) { return std::nullopt; });
  const auto probe = probe_of(server, {{"rsrp_dbm", "a"}, {"sinr_db", "b"}, {"rsrq_db", "c"}});
  expect_unmeasured(ask(*probe, target(1, "cell-0417"), 50ms), OutcomeReason::source_silent);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(PrometheusProbe, GoesByTlsAndTrustsNoStranger) {
  const TestCertificate certificate = make_test_certificate(30);
  const std::string file = testing::TempDir() + "prometheus-probe-ca-" + std::to_string(getpid()) + ".pem";
  std::ofstream(file) << certificate.pem << std::flush;
  StreamServer server(io, always(http(vector_of({{"cell-0417", "-97"}}))), &certificate);
  const std::string url = "https://127.0.0.1:" + server.port();
  EXPECT_EQ(measure("prometheus", {{"rsrp_dbm", "x"}, {"url", url}, {"ca", file}}).outcome, Outcome::ok);
  expect_unmeasured(measure("prometheus", {{"rsrp_dbm", "x"}, {"url", url}}),
                    OutcomeReason::certificate_refused);
  EXPECT_EQ(measure("prometheus", {{"rsrp_dbm", "x"}, {"url", url}, {"verify", "false"}}).outcome,
            Outcome::ok);
  StreamServer plain(io, [](const std::string& received) -> std::optional<StreamReply> {
    if (received.empty()) return std::nullopt;
    return StreamReply{"HTTP/1.1 400 Bad Request\r\n\r\n", true};
  });
  expect_unmeasured(measure("prometheus", {{"rsrp_dbm", "x"}, {"url", "https://127.0.0.1:" + plain.port()}}),
                    OutcomeReason::tls_failed);
  std::filesystem::remove(file);
}

TEST_F(PrometheusProbe, ShowsItsCredentialsAndTakesNewOnes) {
  const SecretFile secret("token-1");
  std::string request;
  StreamServer server(io, [&](const std::string& received) {
    request = received;
    const bool is_good = received.find("Authorization: Bearer token-2\r\n") != std::string::npos;
    return always(is_good ? http(vector_of({{"a", "1"}, {"b", "1"}}))
                          : http("", "401 Unauthorized"))(received);
  });
  ProbeOptions options = ProbeOptions::defaults(prometheus_options());
  options.set("interval", Duration{1ms});  // so that the next one asks again
  options.set("url", "http://127.0.0.1:" + server.port());
  options.set("rsrp_dbm", std::string("x"));
  options.set("bearer_file", secret.path);
  const auto probe = make_prometheus_probe(options);
  expect_unmeasured(ask(*probe, target(1, "a")), OutcomeReason::error_answer);
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer token-1\r\n"));
  secret.set("token-2");
  // The next one is denied still, and has the new secret read, with which the one after that is asked.
  Round round;
  const auto end = std::chrono::steady_clock::now() + kFarTooLong;
  while (round.outcome != Outcome::ok && std::chrono::steady_clock::now() < end)
    round = ask(*probe, target(1, "a"));
  EXPECT_EQ(round.outcome, Outcome::ok);

  secret.set("pass:word");
  ask(*probe_of(server, {{"rsrp_dbm", "x"}, {"user", "noc"}, {"password_file", secret.path}}),
      target(1, "a"));
  EXPECT_THAT(request, HasSubstr("Authorization: Basic bm9jOnBhc3M6d29yZA==\r\n"));
}

TEST_F(PrometheusProbe, ComesBackAtOnceWhenItIsCancelled) {
  const Round round = once([&](const std::string& received) -> std::optional<StreamReply> {
    if (!received.empty()) cancel_it();
    return std::nullopt;
  });
  expect_unmeasured(round, OutcomeReason::cancelled);
}

TEST_F(PrometheusProbe, ManyEndpointsShareOneQuery) {
  constexpr std::uint32_t kEndpoints = 5'000;
  std::vector<std::pair<std::string, std::string>> values;
  for (std::uint32_t i = 0; i < kEndpoints; ++i)
    values.emplace_back("onu-" + std::to_string(i), "-" + std::to_string(i) + ".5");
  StreamServer server(io, always(http(vector_of(values))));
  const auto probe = probe_of(server);
  for (std::uint32_t i = 0; i < kEndpoints; ++i) begin(*probe, target(i, "onu-" + std::to_string(i)));
  finish_all();
  EXPECT_EQ(server.connections(), 1U);
  for (const Run& run : runs) {
    ASSERT_EQ(run.round.outcome, Outcome::ok);
    ASSERT_EQ(value(run.round, Metric::rsrp_dbm), -static_cast<float>(run.round.endpoint.value) - 0.5F);
  }
  expect_unmeasured(ask(*probe, target(kEndpoints, "onu-5000")), OutcomeReason::no_value);
  EXPECT_EQ(server.connections(), 1U) << "it has just come";
}

TEST_F(PrometheusProbe, AFailureIsSharedToo) {
  StreamServer server(io, [](const std::string&) { return std::nullopt; });
  const auto probe = probe_of(server);
  for (std::uint32_t i = 0; i < 100; ++i) begin(*probe, target(i, "onu"), 100ms);
  finish_all();
  EXPECT_EQ(server.connections(), 1U);
  for (const Run& run : runs) expect_unmeasured(run.round, OutcomeReason::source_silent);
}

TEST_F(PrometheusProbe, WhenTheOneThatAsksIsCancelledAnotherAsks) {
  Run* first = nullptr;
  std::size_t questions = 0;
  StreamServer server(io, [&](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    if (++questions > 1) return StreamReply{http(vector_of({{"b", "2"}, {"c", "3"}}))};
    first->cancel_it();
    return std::nullopt;
  });
  const auto probe = probe_of(server);
  first = &begin(*probe, target(1, "a"));
  Run& second = begin(*probe, target(2, "b"));
  Run& third = begin(*probe, target(3, "c"));
  finish_all();
  expect_unmeasured(first->round, OutcomeReason::cancelled);
  EXPECT_EQ(value(second.round, Metric::rsrp_dbm), 2);
  EXPECT_EQ(value(third.round, Metric::rsrp_dbm), 3);
  EXPECT_EQ(questions, 2U);
}

TEST_F(PrometheusProbe, OneThatWaitsCanBeCancelledAlone) {
  Run* second = nullptr;
  StreamServer server(io, [&](const std::string& received) -> std::optional<StreamReply> {
    if (!received.ends_with("\r\n\r\n")) return std::nullopt;
    second->cancel_it();
    return StreamReply{http(vector_of({{"a", "1"}, {"b", "2"}}))};
  });
  const auto probe = probe_of(server);
  Run& first = begin(*probe, target(1, "a"));
  second = &begin(*probe, target(2, "b"));
  finish_all();
  EXPECT_EQ(value(first.round, Metric::rsrp_dbm), 1);
  expect_unmeasured(second->round, OutcomeReason::cancelled);
}

TEST(PrometheusOptions, AreCheckedTogether) {
  const auto problem = [](const Settings& settings) -> std::string {
    ProbeOptions options = ProbeOptions::defaults(prometheus_options());
    for (const auto& [option, text] : settings) options.set(option, text);
    const auto checked = check_prometheus_options(options);
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(problem({{"rsrp_dbm", "x"}}), "");
  EXPECT_THAT(problem({}), StartsWith("no query is given"));
  EXPECT_THAT(problem({{"rsrp_dbm", "x"}, {"label", "a-b"}}), StartsWith("label: \"a-b\""));
  for (const char* url :
       {"127.0.0.1:9090", "ftp://a", "http://a/?x=1", "/x", "http://{address}/", "http://u:p@a/"})
    EXPECT_THAT(problem({{"rsrp_dbm", "x"}, {"url", url}}), StartsWith("url: ")) << url;
  EXPECT_THAT(problem({{"rsrp_dbm", "x"}, {"user", "a"}}), StartsWith("user: "));
  EXPECT_THAT(problem({{"rsrp_dbm", "x"}, {"password_file", "/p"}}), StartsWith("password_file: "));
  EXPECT_THAT(problem({{"rsrp_dbm", "x"}, {"bearer_file", "/no/such"}}), StartsWith("bearer_file: /no/such"));
  EXPECT_THAT(problem({{"rsrp_dbm", "x"}, {"ca", "relative"}}), StartsWith("ca: "));
  Settings many;
  for (const Metric metric :
       {Metric::rtt_ms, Metric::ipdv_ms, Metric::rsrp_dbm, Metric::rsrq_db, Metric::sinr_db, Metric::rssi_dbm,
        Metric::throughput_bps, Metric::optical_rx_dbm, Metric::mer_db, Metric::upstream_snr_db,
        Metric::traffic_bps, Metric::utilisation})
    many.emplace_back(name(metric), "x");
  EXPECT_EQ(problem(many), "");
  many.emplace_back("active_users", "x");
  EXPECT_THAT(problem(many), StartsWith("active_users: is one too many"));
}

TEST(PrometheusInstance, LosesItsPortOnly) {
  EXPECT_EQ(without_port("10.0.0.7:9100"), "10.0.0.7");
  EXPECT_EQ(without_port("olt-3.example:9100"), "olt-3.example");
  EXPECT_EQ(without_port("olt-3"), "olt-3");
  EXPECT_EQ(without_port("[2001:db8::1]:9100"), "2001:db8::1");
  EXPECT_EQ(without_port("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(without_port("olt-3:"), "olt-3:");
  EXPECT_EQ(without_port("olt:gpon-1"), "olt:gpon-1");
  EXPECT_EQ(without_port(""), "");
}

}  // namespace
}  // namespace faultline::session
