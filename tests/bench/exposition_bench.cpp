// What a scrape of /metrics costs with 100,000 endpoints and eight series each: CPU time plain and zipped,
// the largest block, and the memory that it needs while rounds go on. Prints a "figure" line each.
#include "daemon/metrics/daemon_metrics.h"
#include "daemon/metrics/exposition.h"
#include "tests/bench/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <future>

namespace faultline::metrics {
namespace {

constexpr std::uint32_t kEndpoints = 100'000;
constexpr int kScrapes = 5;

using bench::figure, bench::Wanted;

double cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double high_water_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

Round round_of(std::uint32_t endpoint) {
  Round round;
  round.endpoint = EndpointIndex{endpoint};
  round.outcome = Outcome::ok;
  round.packets = {.sent = 5, .received = 5};
  const float rtt = 10 + static_cast<float>(endpoint % 977) / 100;
  round.rtt.minimum_ms = rtt - 0.3F;
  round.rtt.median_ms = rtt;
  round.rtt.p95_ms = rtt + 1.1F;
  round.rtt.ipdv_ms = 1.4F;
  return round;
}

struct Cost {
  double cpu_ms = 0, text_mb = 0, largest_mb = 0;
};

// Rounds go on meanwhile, so that the snapshot's chunks have to be copied.
Cost scrape(Exposition& exposition, EndpointTable& table, bool gzip) {
  Cost cost;
  const double before = cpu_ms();
  const auto source = exposition.scrape(gzip);
  std::uint32_t next = 0;
  for (bool last = false; !last;) {
    std::promise<std::pair<std::size_t, bool>> promise;
    source->next([&](const std::string& block, bool is_last) { promise.set_value({block.size(), is_last}); });
    for (int i = 0; i < 500; ++i) table.on_round(round_of(next++ % kEndpoints));
    const auto [size, is_last] = promise.get_future().get();
    cost.text_mb += static_cast<double>(size) / 1e6;
    cost.largest_mb = std::max(cost.largest_mb, static_cast<double>(size) / (1 << 20));
    last = is_last;
  }
  cost.cpu_ms = cpu_ms() - before;
  return cost;
}

Cost median_of(Exposition& exposition, EndpointTable& table, bool gzip) {
  std::vector<Cost> all;
  for (int i = 0; i < kScrapes; ++i) all.push_back(scrape(exposition, table, gzip));
  std::sort(all.begin(), all.end(), [](const Cost& a, const Cost& b) { return a.cpu_ms < b.cpu_ms; });
  return all[kScrapes / 2];
}

int run() {
  std::vector<EndpointRecord> endpoints(kEndpoints);
  for (std::uint32_t i = 0; i < kEndpoints; ++i) {
    endpoints[i].endpoint.name = fmt::format("line-{:06}", i);
    endpoints[i].endpoint.technology = Technology::gpon;
    endpoints[i].endpoint.region = "veldhaven";
  }
  EndpointTable table({"icmp"});
  table.set_topology(*Topology::build({}, std::move(endpoints), nullptr));
  for (std::uint32_t i = 0; i < kEndpoints; ++i) table.on_round(round_of(i));
  Registry registry;
  const DaemonMetrics metrics(registry, "bench");
  const std::vector<std::string> eight = {
      "up",          "packets_sent_total",  "packets_lost_total", "loss_ratio",
      "rtt_seconds", "rtt_minimum_seconds", "rtt_p95_seconds",    "ipdv_seconds"};
  Exposition exposition(registry, table, *parse_families(eight));
  const double before_mb = high_water_mb();
  const Cost plain = median_of(exposition, table, false);
  const Cost zipped = median_of(exposition, table, true);
  bool hit = figure("exposition_plain_cpu_ms", plain.cpu_ms, "ms", Wanted::at_most, 150);
  hit &= figure("exposition_gzip_cpu_ms", zipped.cpu_ms, "ms", Wanted::at_most, 400);
  hit &= figure("exposition_largest_block_mb", plain.largest_mb, "MiB", Wanted::at_most, 1);
  hit &= figure("exposition_extra_memory_mb", high_water_mb() - before_mb, "MB", Wanted::at_most, 30);
  fmt::print("note the text is {:.1f} MB, zipped {:.1f} MB\n", plain.text_mb, zipped.text_mb);
  return hit ? 0 : 1;
}

}  // namespace
}  // namespace faultline::metrics

int main() {
  return faultline::metrics::run();
}
