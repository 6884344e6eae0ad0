// A whole scrape on its own thread: blocks, gzip, many at once, and what promtool says.
#include "daemon/metrics/exposition.h"

#include "daemon/metrics/daemon_metrics.h"
#include "daemon/metrics/gzip.h"
#include "tests/unit/daemon_metrics/network.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

namespace faultline::metrics {
namespace {

std::vector<std::string> blocks_of(http::BodySource& source) {
  std::vector<std::string> blocks;
  for (bool last = false; !last;) {
    std::promise<std::pair<std::string, bool>> promise;
    source.next([&](std::string block, bool is_last) { promise.set_value({std::move(block), is_last}); });
    auto [block, is_last] = promise.get_future().get();
    blocks.push_back(std::move(block));
    last = is_last;
  }
  return blocks;
}

std::string joined(const std::vector<std::string>& blocks) {
  std::string text;
  for (const std::string& block : blocks) text += block;
  return text;
}

std::string inflated(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char buffer[65536];
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof buffer - stream.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

class ExpositionTest : public testing::Test {
 protected:
  ExpositionTest() : metrics(registry, "1"), table({"icmp", "modem"}) { fill(3); }
  void fill(std::uint32_t count) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < count; ++i) names.push_back("cell-" + std::to_string(i));
    table.set_topology(network(names));
    for (std::uint32_t i = 0; i < count; ++i) {
      table.on_round(packets(EndpointIndex{i}, 4, 10));
      table.on_round(signal(EndpointIndex{i}, -100));
    }
  }
  http::HttpResponse ask(Exposition& exposition, std::string accept_encoding,
                         http::Role role = http::Role::viewer) {
    http::Router router;
    add_metrics_route(router, exposition);
    http::HttpRequest request;
    request.path = "/metrics";
    request.principal.role = role;
    request.headers = {{"accept-encoding", std::move(accept_encoding)}};
    http::HttpResponse answer;
    router.dispatch(std::move(request), [&](http::HttpResponse response) { answer = std::move(response); });
    return answer;
  }

  Registry registry;
  DaemonMetrics metrics;
  EndpointTable table;
};

TEST_F(ExpositionTest, HasTheDaemonsOwnSeriesAndTheEndpoints) {
  Exposition exposition(registry, table, FamilySet().set());
  const auto answer = ask(exposition, "");
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const std::string text = joined(blocks_of(*answer.stream));
  EXPECT_THAT(text, testing::HasSubstr("faultline_build_info{version=\"1\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr(
                        "faultline_endpoint_up{endpoint=\"cell-2\",technology=\"lte\",probe=\"icmp\"} 1\n"));
}

TEST_F(ExpositionTest, IsForViewersOnly) {
  Exposition exposition(registry, table, FamilySet().set());
  EXPECT_EQ(ask(exposition, "", http::Role::anyone).status, 401U);
  EXPECT_EQ(ask(exposition, "", http::Role::complaints).status, 403U);
  EXPECT_EQ(ask(exposition, "", http::Role::operations).status, 200U);
  EXPECT_EQ(ask(exposition, "", http::Role::admin).status, 200U);
}

TEST_F(ExpositionTest, ShowsTheFamiliesThatWereChosen) {
  Exposition exposition(registry, table, *parse_families(std::vector<std::string>{"up"}));
  EXPECT_THAT(joined(blocks_of(*exposition.scrape(false))), testing::Not(testing::HasSubstr("endpoint_rtt")));
  exposition.set_families(FamilySet());
  EXPECT_THAT(joined(blocks_of(*exposition.scrape(false))),
              testing::Not(testing::HasSubstr("faultline_endpoint_")));
}

TEST_F(ExpositionTest, ComesInBlocksBelowOneMegabyteAndZips) {
  fill(20'000);
  Exposition exposition(registry, table, FamilySet().set());
  const auto plain = blocks_of(*exposition.scrape(false));
  EXPECT_GT(plain.size(), 10U);
  for (const std::string& block : plain) EXPECT_LE(block.size(), std::size_t{1} << 20U);
  const auto answer = ask(exposition, "deflate, gzip;q=0.5");
  EXPECT_THAT(answer.headers, testing::Contains(testing::Pair("Content-Encoding", "gzip")));
  const std::string zipped = joined(blocks_of(*answer.stream));
  EXPECT_LT(zipped.size(), joined(plain).size() / 5);
  EXPECT_EQ(inflated(zipped), joined(plain));
}

TEST_F(ExpositionTest, SeesTheStateAtItsBeginning) {
  Exposition exposition(registry, table, *parse_families(std::vector<std::string>{"rounds_total"}));
  const auto source = exposition.scrape(false);
  table.on_round(packets(EndpointIndex{0}, 5, 1));
  EXPECT_THAT(joined(blocks_of(*source)),
              testing::HasSubstr("{endpoint=\"cell-0\",technology=\"lte\",probe=\"icmp\"} 1\n"));
}

TEST_F(ExpositionTest, AScrapeMayOutliveItsClientAndTheExposition) {
  auto exposition = std::make_unique<Exposition>(registry, table, FamilySet().set());
  const auto source = exposition->scrape(false);
  exposition->scrape(false)->next([](const std::string&, bool) {});
  exposition.reset();
  EXPECT_EQ(joined(blocks_of(*source)), "");
}

TEST(AcceptsGzip, ReadsTheHeader) {
  for (const char* yes :
       {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.1", "br, *", "identity;q=0.5, gzip;q=1.0"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const char* no : {"", "deflate", "gzip;q=0", "gzip; q=0.00", "*;q=0", "gzip;q=0, *", "gzipped"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
}

TEST_F(ExpositionTest, PromtoolAccepts) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  metrics.http_request("/", "GET", 200, 0.1);
  metrics.http_refused("rate");
  metrics.delivery("noc", "done");
  metrics.incident_event("opened");
  metrics.set_tickets("acknowledged", 1);
  Round all = signal(EndpointIndex{0}, -90);
  for (const Metric metric : {Metric::rsrq_db, Metric::sinr_db, Metric::rssi_dbm, Metric::throughput_bps})
    all.add(metric, 1);
  table.on_round(all);
  Round rest = all;
  rest.value_count = 0;
  for (auto m = static_cast<std::size_t>(Metric::optical_rx_dbm);
       m < static_cast<std::size_t>(Metric::connect_ms); ++m)
    rest.add(static_cast<Metric>(m), 1);
  rest.endpoint = EndpointIndex{1};
  table.on_round(rest);
  Round service = signal(EndpointIndex{2}, -90);
  service.value_count = 0;
  for (const Metric metric :
       {Metric::connect_ms, Metric::dns_ms, Metric::resolve_ms, Metric::tls_ms, Metric::first_byte_ms,
        Metric::http_ms, Metric::certificate_days, Metric::http_status})
    service.add(metric, 1);
  table.on_round(service);
  service.probe = 0;  // the ninth
  service.value_count = 0;
  service.add(Metric::http_bytes, 1);
  table.on_round(service);
  table.on_late({.round_started = {}, .arrived = {}, .endpoint = EndpointIndex{0}, .rtt_ms = 2'500});
  metrics.late_reply(2.5);
  Exposition exposition(registry, table, FamilySet().set());
  const std::string base = testing::TempDir() + "faultline_metrics_" + std::to_string(std::rand());
  std::ofstream(base + ".txt") << joined(blocks_of(*exposition.scrape(false)));
  const int result = std::system(("promtool check metrics <" + base + ".txt >" + base + ".out 2>&1").c_str());
  std::ifstream said(base + ".out");
  const std::string output((std::istreambuf_iterator<char>(said)), {});
  EXPECT_EQ(result, 0) << output;
  EXPECT_EQ(output, "");
  std::filesystem::remove(base + ".txt");
  std::filesystem::remove(base + ".out");
}

}  // namespace
}  // namespace faultline::metrics
