#include "daemon/metrics/daemon_metrics.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace faultline::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Registry, GivesTheSameSeriesForTheSameLabels) {
  Registry registry;
  registry.counter("faultline_things_total", "Things.", {{"kind", "a\"b"}}).add();
  registry.counter("faultline_things_total", "Things.", {{"kind", "a\"b"}}).add(2);
  EXPECT_EQ(registry.text(),
            "# HELP faultline_things_total Things.\n# TYPE faultline_things_total counter\n"
            "faultline_things_total{kind=\"a\\\"b\"} 3\n");
}

TEST(Registry, RefusesBadNames) {
  Registry registry;
  EXPECT_THROW(registry.counter("faultline_things", "No _total."), std::invalid_argument);
  EXPECT_THROW(registry.gauge("things", "No prefix."), std::invalid_argument);
}

TEST(Registry, RefreshesBeforeAScrape) {
  Registry registry;
  const Gauge gauge = registry.gauge("faultline_depth", "Depth.");
  registry.on_scrape([gauge] { gauge.set(7); });
  registry.refresh();
  EXPECT_THAT(registry.text(), HasSubstr("faultline_depth 7\n"));
}

TEST(DaemonMetrics, CountsIncidentsByStateAndSeverity) {
  Registry registry;
  DaemonMetrics metrics(registry, "1.2.3");
  Incident open;
  open.state = IncidentState::open;
  open.severity = Severity::major;
  const std::vector<const Incident*> one = {&open};
  metrics.set_incidents(one);
  EXPECT_THAT(registry.text(), HasSubstr("faultline_incidents{severity=\"major\",state=\"open\"} 1\n"));
  EXPECT_THAT(registry.text(), HasSubstr("faultline_build_info{version=\"1.2.3\"} 1\n"));
  metrics.set_incidents({});
  EXPECT_THAT(registry.text(), HasSubstr("faultline_incidents{severity=\"major\",state=\"open\"} 0\n"));
}

TEST(DaemonMetrics, EngineTotalsAreCountersAndNeverFall) {
  Registry registry;
  DaemonMetrics metrics(registry, "1");
  EngineTotals totals;
  totals.packets_sent = 100;
  totals.lag_seconds = 0.25;
  metrics.set_engine(totals);
  metrics.set_engine(totals);
  totals.packets_sent = 10;  // a new engine after a reload
  metrics.set_engine(totals);
  totals.packets_sent = 15;
  metrics.set_engine(totals);
  EXPECT_THAT(registry.text(), HasSubstr("faultline_engine_packets_sent_total 115\n"));
  EXPECT_THAT(registry.text(), HasSubstr("faultline_engine_lag_seconds 0.25\n"));
}

TEST(DaemonMetrics, ShowsHowLatePacketsLeftAndAnswersCame) {
  Registry registry;
  DaemonMetrics metrics(registry, "1");
  EngineTotals totals;
  totals.send_lags[0] = 90;  // below 0.1 ms
  totals.send_lags[4] = 9;   // 1 to 2 ms
  totals.send_lags[11] = 1;  // above a second
  totals.send_lag_sum = 1.5;
  metrics.set_engine(totals);
  metrics.set_engine(totals);
  EXPECT_THAT(registry.text(), HasSubstr("faultline_engine_send_lag_seconds_bucket{le=\"0.0001\"} 90\n"));
  EXPECT_THAT(registry.text(), HasSubstr("faultline_engine_send_lag_seconds_bucket{le=\"0.002\"} 99\n"));
  EXPECT_THAT(registry.text(), HasSubstr("faultline_engine_send_lag_seconds_count 100\n"));
  EXPECT_THAT(registry.text(), HasSubstr("faultline_engine_send_lag_seconds_sum 1.5\n"));
  metrics.late_reply(4);
  EXPECT_THAT(registry.text(), HasSubstr("faultline_late_rtt_seconds_bucket{le=\"5\"} 1\n"));
}

TEST(DaemonMetrics, ShowsWhatNeverHappenedAsZero) {
  Registry registry;
  const DaemonMetrics metrics(registry, "1");
  for (const char* line :
       {"faultline_complaints_total{result=\"refused\"} 0\n", "faultline_reloads_total{result=\"bad\"} 0\n",
        "faultline_store_errors_total 0\n", "faultline_degradations{respect=\"loss\"} 0\n"})
    EXPECT_THAT(registry.text(), HasSubstr(line));
}

TEST(DaemonMetrics, CountsHttpByRouteAndNotByPath) {
  Registry registry;
  DaemonMetrics metrics(registry, "1");
  metrics.http_request("/api/v1/incidents/{id}", "GET", 200, 0.5);
  metrics.http_request("", "GET", 404, 0.1);
  EXPECT_THAT(
      registry.text(),
      HasSubstr(
          "faultline_http_requests_total{method=\"GET\",route=\"/api/v1/incidents/{id}\",status=\"200\"} 1"));
  EXPECT_THAT(registry.text(), HasSubstr("route=\"none\""));
}

}  // namespace
}  // namespace faultline::metrics
