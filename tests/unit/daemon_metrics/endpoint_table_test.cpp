#include "daemon/metrics/endpoint_table.h"

#include "daemon/metrics/render.h"
#include "tests/unit/daemon_metrics/network.h"

#include <gmock/gmock.h>

namespace faultline::metrics {
namespace {

std::string series(EndpointTable& table, const std::string& family) {
  Renderer renderer(table.snapshot(), *parse_families(std::vector<std::string>{family}));
  std::string text;
  while (renderer.append(text, text.size() + 100'000)) {
  }
  return text;
}

TEST(EndpointTable, ANotMeasuredRoundChangesNoValue) {
  EndpointTable table({"icmp"});
  table.set_topology(network({"a"}));
  table.on_round(packets(EndpointIndex{0}, 5, 12));
  Round round;
  round.endpoint = EndpointIndex{0};
  round.outcome = Outcome::not_measured;
  table.on_round(round);
  EXPECT_THAT(series(table, "rtt_seconds"), testing::EndsWith(" 0.012\n"));
  EXPECT_THAT(series(table, "up"), testing::EndsWith(" 1\n"));
  EXPECT_THAT(series(table, "rounds_total"), testing::EndsWith(" 1\n"));
  EXPECT_THAT(series(table, "rounds_not_measured_total"), testing::EndsWith(" 1\n"));
}

TEST(EndpointTable, APacketProbeTellsHowACallWouldBe) {
  EndpointTable table({"icmp", "dns"});
  table.set_topology(network({"a", "b"}));
  table.on_round(packets(EndpointIndex{0}, 5, 14));
  EXPECT_THAT(series(table, "voice_r_factor"), testing::EndsWith(" 92.48\n")) << "7 + 3 + 20 ms one way";
  table.on_round(packets(EndpointIndex{0}, 0, 0));
  EXPECT_THAT(series(table, "voice_mos"), testing::EndsWith(" 1\n"));
  Round answer;
  answer.endpoint = EndpointIndex{1};
  answer.probe = 1;
  answer.outcome = Outcome::ok;
  table.on_round(answer);
  EXPECT_THAT(series(table, "voice_mos"), testing::Not(testing::HasSubstr("dns")));
}

TEST(EndpointTable, ALateAnswerIsCountedOnceAndShownWithItsRtt) {
  EndpointTable table({"icmp"});
  table.set_topology(network({"a"}));
  table.on_late({.round_started = {}, .arrived = {}, .endpoint = EndpointIndex{0}, .rtt_ms = 9'000});
  EXPECT_EQ(table.size(), 0U) << "no series without a round";
  Round round = packets(EndpointIndex{0}, 5, 12);
  round.packets.late = 1;
  table.on_round(round);
  table.on_late({.round_started = {}, .arrived = {}, .endpoint = EndpointIndex{0}, .rtt_ms = 2'500});
  EXPECT_THAT(series(table, "packets_late_total"), testing::EndsWith(" 1\n")) << "the round has counted it";
  EXPECT_THAT(series(table, "late_rtt_seconds"), testing::EndsWith(" 2.5\n"));
  table.on_late({.round_started = {},
                 .arrived = {},
                 .endpoint = EndpointIndex{0},
                 .after_round = true,
                 .rtt_ms = 7'000});
  EXPECT_THAT(series(table, "packets_late_total"), testing::EndsWith(" 2\n"));
  EXPECT_THAT(series(table, "late_rtt_seconds"), testing::EndsWith(" 7\n"));
}

TEST(EndpointTable, SeriesVanishWithTheirEndpointAndOthersKeepTheirTotals) {
  EndpointTable table({"icmp"});
  const auto before = network({"a", "b"});
  table.set_topology(before);
  for (int i = 0; i < 3; ++i) {
    table.on_round(packets(EndpointIndex{0}, 5, 1));
    table.on_round(packets(EndpointIndex{1}, 5, 1));
  }
  table.set_topology(network({"b", "c"}, before.get()));
  table.on_round(packets(EndpointIndex{0}, 5, 1));  // a straggler
  const std::string text = series(table, "packets_sent_total");
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("endpoint=\"a\"")));
  EXPECT_THAT(text, testing::HasSubstr("{endpoint=\"b\",technology=\"lte\",probe=\"icmp\"} 15\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("endpoint=\"c\"")));
  EXPECT_EQ(table.size(), 1U);
}

TEST(EndpointTable, SeriesVanishWithTheirProbe) {
  EndpointTable table({"icmp", "modem"});
  const auto topology = network({"a"});
  table.set_topology(topology);
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  table.on_round(signal(EndpointIndex{0}, -90));
  table.set_topology(topology, [](EndpointIndex, ProbeKindIndex probe) { return probe == 0; });
  EXPECT_EQ(series(table, "rsrp_dbm"), "");
  EXPECT_THAT(series(table, "up"), testing::HasSubstr("probe=\"icmp\""));
}

TEST(EndpointTable, ASnapshotStaysAsItWas) {
  EndpointTable table({"icmp"});
  table.set_topology(network({"a", "b"}));
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  const Snapshot snapshot = table.snapshot();
  table.on_round(packets(EndpointIndex{0}, 0, 1));
  table.on_round(packets(EndpointIndex{1}, 5, 1));
  ASSERT_EQ(snapshot.rows.size(), 1U);
  EXPECT_EQ(snapshot.rows[0]->count, 1U);
  EXPECT_EQ(snapshot.rows[0]->rows[0].up, 1);
  EXPECT_EQ(snapshot.labels[0]->text, R"(endpoint="a",technology="lte",probe="icmp")");
}

TEST(EndpointTable, CopiesAChunkOnceForASnapshot) {
  EndpointTable table({"icmp"});
  table.set_topology(network({"a", "b"}));
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  const Snapshot first = table.snapshot();
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  const Snapshot second = table.snapshot();
  const Snapshot third = table.snapshot();
  EXPECT_NE(first.rows[0], second.rows[0]);
  EXPECT_EQ(second.rows[0], third.rows[0]);
  EXPECT_EQ(second.rows[0]->rows[0].rounds, 3U);
}

TEST(EndpointTable, IgnoresRoundsOfUnknownEndpointsAndProbes) {
  EndpointTable table({"icmp"});
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  table.set_topology(network({"a"}));
  table.on_round(packets(EndpointIndex{1}, 5, 1));
  table.on_round(packets(EndpointIndex{}, 5, 1));
  table.on_round(signal(EndpointIndex{0}, -90));
  EXPECT_EQ(table.size(), 0U);
}

}  // namespace
}  // namespace faultline::metrics
