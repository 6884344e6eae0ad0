#include "daemon/metrics/render.h"

#include "tests/unit/daemon_metrics/network.h"

#include <gmock/gmock.h>

namespace faultline::metrics {
namespace {

std::string all_text(EndpointTable& table, FamilySet families) {
  Renderer renderer(table.snapshot(), families);
  std::string text;
  while (renderer.append(text, text.size() + 1000)) {
  }
  return text;
}

TEST(Render, IsTheExactTextFormat) {
  EndpointTable table({"icmp", "modem"});
  table.set_topology(network({"north-1", "b"}));
  table.on_round(packets(EndpointIndex{0}, 4, 12.25F));
  table.on_round(packets(EndpointIndex{0}, 5, 12.5F));
  table.on_round(signal(EndpointIndex{1}, -101.5F));
  EXPECT_EQ(
      all_text(table, *parse_families(std::vector<std::string>{"rounds_total", "packets_lost_total",
                                                               "loss_ratio", "rtt_seconds",
                                                               "faultline_endpoint_rsrp_dbm", "rsrq_db"})),
      R"(# HELP faultline_endpoint_rounds_total Rounds that measured the endpoint, scheduled and on demand.
# TYPE faultline_endpoint_rounds_total counter
faultline_endpoint_rounds_total{endpoint="north-1",technology="lte",region="north",probe="icmp"} 2
faultline_endpoint_rounds_total{endpoint="b",technology="lte",probe="modem"} 1
# HELP faultline_endpoint_packets_lost_total Probe packets never answered.
# TYPE faultline_endpoint_packets_lost_total counter
faultline_endpoint_packets_lost_total{endpoint="north-1",technology="lte",region="north",probe="icmp"} 1
# HELP faultline_endpoint_loss_ratio Share of packets lost in the latest valid round, 0 to 1.
# TYPE faultline_endpoint_loss_ratio gauge
faultline_endpoint_loss_ratio{endpoint="north-1",technology="lte",region="north",probe="icmp"} 0
# HELP faultline_endpoint_rtt_seconds Median round-trip time of the latest valid round.
# TYPE faultline_endpoint_rtt_seconds gauge
faultline_endpoint_rtt_seconds{endpoint="north-1",technology="lte",region="north",probe="icmp"} 0.0125
# HELP faultline_endpoint_rsrp_dbm Reference signal received power, latest value.
# TYPE faultline_endpoint_rsrp_dbm gauge
faultline_endpoint_rsrp_dbm{endpoint="b",technology="lte",probe="modem"} -101.5
)");
}

TEST(Render, EscapesLabelValues) {
  EndpointTable table({"icmp"});
  table.set_topology(network({"a\"b\\c\nd"}));
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  EXPECT_THAT(all_text(table, *parse_families(std::vector<std::string>{"up"})),
              testing::HasSubstr("{endpoint=\"a\\\"b\\\\c\\nd\",technology=\"lte\",probe=\"icmp\"} 1\n"));
}

TEST(Render, LeavesOutWhatALostRoundDoesNotHave) {
  EndpointTable table({"icmp"});
  table.set_topology(network({"a"}));
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  table.on_round(packets(EndpointIndex{0}, 0, 0));
  const std::string text = all_text(table, FamilySet().set());
  EXPECT_THAT(text,
              testing::HasSubstr(
                  "faultline_endpoint_loss_ratio{endpoint=\"a\",technology=\"lte\",probe=\"icmp\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr(
                        "faultline_endpoint_up{endpoint=\"a\",technology=\"lte\",probe=\"icmp\"} 0\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("rtt")));
}

TEST(Render, GivesTheSameTextInBlocksOfAnySize) {
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) names.push_back("cell-" + std::to_string(i));
  EndpointTable table({"icmp"});
  table.set_topology(network(names));
  for (std::uint32_t i = 0; i < names.size(); ++i)
    table.on_round(packets(EndpointIndex{i}, 5, static_cast<float>(i)));
  const std::string whole = all_text(table, FamilySet().set());
  for (const std::size_t limit : {std::size_t{1}, std::size_t{777}, std::size_t{100'000}}) {
    Renderer renderer(table.snapshot(), *parse_families(std::vector<std::string>{"up", "rtt_seconds"}));
    std::string joined;
    for (bool more = true; more;) {
      std::string block;
      more = renderer.append(block, limit);
      EXPECT_LT(block.size(), limit + 1024);
      joined += block;
    }
    EXPECT_THAT(whole,
                testing::HasSubstr(joined.substr(joined.find("# HELP faultline_endpoint_rtt_seconds"))));
    EXPECT_EQ(std::count(joined.begin(), joined.end(), '\n'), 20'004);
  }
}

TEST(Families, NamesWhatIsUnknown) {
  const auto families = parse_families(std::vector<std::string>{"rtt_seconds", "rtt"});
  ASSERT_FALSE(families);
  EXPECT_THAT(
      families.error().message,
      testing::StartsWith("metrics.families: \"rtt\" is none of: rounds_total rounds_not_measured_total up"));
  EXPECT_TRUE(parse_families({})->all());
}

}  // namespace
}  // namespace faultline::metrics
