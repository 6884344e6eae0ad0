// The prometheus probe and a real Prometheus, which scrapes an exporter of the test's own.
#include "tests/unit/probes_session/asking.h"
#include "tests/unit/probes_session/prometheus_daemon.h"
#include "tests/unit/probes_session/stream_server.h"

#include <fmt/format.h>

#include <string>

namespace faultline::session {
namespace {

constexpr std::uint32_t kOnus = 5'000;

struct RealPrometheus : Asking {
  void SetUp() override {
    if (!PrometheusDaemon::is_installed()) GTEST_SKIP() << "no prometheus (package prometheus)";
    daemon = std::make_unique<PrometheusDaemon>("127.0.0.1:" + exporter.port());
    ASSERT_TRUE(daemon->is_running()) << daemon->said();
  }

  // What the exporter has; the light of ONU i is -i / 1000 dBm.
  std::string exposition() const {
    std::string text =
        "olt_rx_dbm{instance=\"onu-nan\"} NaN\nolt_ports_dbm{instance=\"onu-7\",port=\"1\"} -20\n"
        "olt_ports_dbm{instance=\"onu-7\",port=\"2\"} -22\n";
    for (std::uint32_t i = is_first_gone ? 1 : 0; i < kOnus; ++i)
      text += fmt::format("olt_rx_dbm{{instance=\"onu-{}\"}} -{}.{:03}\n", i, i / 1000, i % 1000);
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\n\r\n" + text;
  }
  // A probe of its own asks anew.
  Round onu(const std::string& onu_name, const std::string& query = "avg by (instance) (olt_rx_dbm)") {
    const auto probe = make_probe("prometheus", {{"url", daemon->url()}, {"optical_rx_dbm", query}});
    return ask(*probe, target(1, onu_name));
  }
  // Until Prometheus has scraped what it should know.
  void wait_for(const std::string& onu_name, Outcome outcome) {
    const auto end = std::chrono::steady_clock::now() + 3 * kFarTooLong;
    while (onu(onu_name).outcome != outcome)
      ASSERT_LT(std::chrono::steady_clock::now(), end) << daemon->said();
  }

  bool is_first_gone = false;
  StreamServer exporter{io, [this](const std::string& received) -> std::optional<StreamReply> {
                          if (!received.ends_with("\r\n\r\n")) return std::nullopt;
                          return StreamReply{exposition()};
                        }};
  std::unique_ptr<PrometheusDaemon> daemon;
};

TEST_F(RealPrometheus, HasTheValuesOfThousandsOfEndpoints) {
  wait_for("onu-0", Outcome::ok);
  const auto probe = make_probe(
      "prometheus", {{"url", daemon->url()}, {"optical_rx_dbm", "avg by (instance) (olt_rx_dbm)"}});
  runs.clear();
  for (std::uint32_t i = 0; i < kOnus; ++i) begin(*probe, target(i, fmt::format("onu-{}", i)));
  finish_all();
  for (const Run& run : runs) {
    ASSERT_EQ(run.round.outcome, Outcome::ok) << run.round.endpoint.value << ' ' << name(run.round.reason);
    ASSERT_NEAR(value(run.round, Metric::optical_rx_dbm), -0.001 * run.round.endpoint.value, 1e-6);
  }
}

TEST_F(RealPrometheus, SaysWhatItDoesNotKnow) {
  wait_for("onu-0", Outcome::ok);
  EXPECT_EQ(onu("onu-nan").reason, OutcomeReason::no_value);
  EXPECT_EQ(onu("onu-5000").reason, OutcomeReason::no_value);
  EXPECT_EQ(onu("onu-7", "olt_ports_dbm").reason, OutcomeReason::ambiguous_value);
  EXPECT_EQ(value(onu("onu-7", "min by (instance) (olt_ports_dbm) / 2"), Metric::optical_rx_dbm), -11);
  EXPECT_EQ(onu("onu-7", "avg by (").reason, OutcomeReason::error_answer);
  EXPECT_EQ(onu("onu-7", "1 + 1").reason, OutcomeReason::unexpected_answer);
  EXPECT_EQ(onu("onu-7", "olt_rx_dbm[1m]").reason, OutcomeReason::unexpected_answer);
  EXPECT_EQ(onu("onu-7", "no_such_metric").reason, OutcomeReason::no_value);
}

TEST_F(RealPrometheus, AStaleSeriesIsNoValue) {
  wait_for("onu-0", Outcome::ok);
  is_first_gone = true;
  wait_for("onu-0", Outcome::not_measured);
  EXPECT_EQ(onu("onu-0").reason, OutcomeReason::no_value);
  EXPECT_EQ(onu("onu-1").outcome, Outcome::ok);
}

}  // namespace
}  // namespace faultline::session
