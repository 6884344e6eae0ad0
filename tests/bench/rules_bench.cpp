// What the whole pipeline costs with 100,000 endpoints: a tick when nothing happens, and while 10,000 of them
// are bad, below ten aggregations or a thousand sites (the localiser may take 50 ms; the main loop wants 5);
// and a complaint in a flood of them.
#include "daemon/config/rule_file.h"
#include "rules/pipeline.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace faultline {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kBegin = Timestamp(std::chrono::seconds(1'795'514'400));
constexpr std::uint32_t kAggregations = 100, kSites = 100, kCells = 10;  // of each

std::shared_ptr<const Topology> network() {
  std::vector<NodeRecord> nodes{{{"core", NodeKind::core, {}, {}, false}, {}}};
  std::vector<EndpointRecord> endpoints;
  for (std::uint32_t a = 0; a < kAggregations; ++a) {
    const std::string agg = "agg-" + std::to_string(a);
    nodes.push_back({{agg, NodeKind::aggregation, {}, {}, false}, {{EdgeKind::transport, "core"}}});
    for (std::uint32_t s = 0; s < kSites; ++s) {
      const std::string site = "site-" + std::to_string(a) + "-" + std::to_string(s);
      nodes.push_back({{site, NodeKind::site, {}, {}, false}, {{EdgeKind::transport, agg}}});
      for (std::uint32_t k = 0; k < kCells; ++k) {
        EndpointRecord record;
        record.endpoint.name = site + "-" + std::to_string(k);
        record.endpoint.technology = Technology::lte;
        record.endpoint.customers = 300;
        record.endpoint.place =
            Place{45 + 0.2 * (a / 10) + 0.01 * (s / 10), 5 + 0.2 * (a % 10) + 0.01 * (s % 10)};
        record.endpoint.coverage_m = 800;
        record.parents = {{EdgeKind::transport, site}};
        endpoints.push_back(std::move(record));
      }
    }
  }
  auto built = Topology::build(std::move(nodes), std::move(endpoints));
  if (!built) throw std::runtime_error(built.error().message);
  return *built;
}

std::shared_ptr<const RuleSet> rules() {
  auto read = config::default_rules();
  if (!read) throw std::runtime_error(read.error().message);
  return std::make_shared<const RuleSet>(std::move(*read));
}

Round round_of(EndpointIndex endpoint, Timestamp at, bool lost, bool on_demand) {
  Round round;
  round.endpoint = endpoint;
  round.started = at;
  round.finished = at + 200ms;
  round.on_demand = on_demand;
  round.packets.sent = on_demand && lost ? 20 : 5;
  round.packets.received = lost ? std::uint16_t{0} : round.packets.sent;
  round.outcome = lost ? Outcome::lost : Outcome::ok;
  if (!lost) round.rtt.median_ms = 20;
  return round;
}

class Play {
 public:
  Play() : topology_(network()), pipeline_(topology_, rules()) {}

  // One second: a sixtieth of the scheduled rounds, the bursts asked for, a tick. Gives the tick's duration.
  Duration second(const std::vector<char>& lost) {
    now_ += 1s;
    const auto count = static_cast<std::uint32_t>(topology_->endpoints().size());
    for (std::uint32_t e = second_ % 60; e < count; e += 60)
      take(pipeline_.on(round_of(EndpointIndex{e}, now_, lost[e] != 0, false)));
    ++second_;
    for (const EndpointIndex endpoint : std::exchange(bursts_, {}))
      take(pipeline_.on(round_of(endpoint, now_, lost[endpoint.value] != 0, true)));
    const auto begin = std::chrono::steady_clock::now();
    const Actions actions = pipeline_.on(Tick{now_, true});
    const auto end = std::chrono::steady_clock::now();
    take(actions);
    return std::chrono::duration_cast<Duration>(end - begin);
  }
  std::size_t opened() const { return opened_; }

 private:
  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* burst = std::get_if<BurstRequested>(&action.detail)) bursts_.push_back(burst->endpoint);
      if (const auto* changed = std::get_if<IncidentChanged>(&action.detail))
        if (changed->event == IncidentEvent::opened) ++opened_;
    }
  }

  std::shared_ptr<const Topology> topology_;
  Pipeline pipeline_;
  Timestamp now_ = kBegin;
  std::uint32_t second_ = 0;
  std::vector<EndpointIndex> bursts_;
  std::size_t opened_ = 0;
};

// `sites` sites of ten cells die at once, spread over the network; `whole` aggregations beside them.
void ticks(benchmark::State& state) {
  const auto sites = static_cast<std::uint32_t>(state.range(0));
  const auto whole = static_cast<std::uint32_t>(state.range(1));
  std::vector<char> lost(std::size_t{kAggregations} * kSites * kCells, 0);
  for (auto unused : state) {
    (void)unused;
    Play play;
    std::fill(lost.begin(), lost.end(), 0);
    for (int s = 0; s < 130; ++s) play.second(lost);
    for (std::uint32_t i = 0; i < sites; ++i) {
      const std::uint32_t site = i * kAggregations * kSites / std::max(sites, 1U);
      std::fill_n(lost.begin() + site * kCells, kCells, 1);
    }
    std::fill_n(lost.begin(), whole * kSites * kCells, 1);
    std::vector<Duration> times;
    for (int s = 0; s < 180; ++s) times.push_back(play.second(lost));
    std::sort(times.begin(), times.end());
    state.counters["median_ms"] = to_milliseconds(times[times.size() / 2]);
    state.counters["p90_ms"] = to_milliseconds(times[times.size() * 9 / 10]);
    state.counters["worst_ms"] = to_milliseconds(times.back());
    state.counters["opened"] = static_cast<double>(play.opened());
  }
}
BENCHMARK(ticks)
    ->Args({0, 0})
    ->Args({0, 10})
    ->Args({0, 55})
    ->Args({200, 0})
    ->Args({1000, 0})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// So many customers complain within a second, all below one aggregation or all over the network.
void flood(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  const bool everywhere = state.range(1) != 0;
  const auto topology = network();
  const auto rule_set = rules();
  for (auto unused : state) {
    (void)unused;
    Pipeline pipeline(topology, rule_set);
    Duration worst{};
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      Complaint complaint;
      complaint.id = std::to_string(i);
      complaint.customer = static_cast<std::uint64_t>(i) + 1;
      complaint.received = kBegin + Duration(i * 1'000'000LL / count);
      complaint.service = Service::mobile_data;
      const int agg = everywhere ? i * 37 % 100 : 55;
      complaint.place = Place{45 + 0.2 * (agg / 10) + 0.01 * (i * 7 % 100 / 10),
                              5 + 0.2 * (agg % 10) + 0.01 * (i * 7 % 10)};
      const auto one = std::chrono::steady_clock::now();
      benchmark::DoNotOptimize(pipeline.on(complaint));
      worst = std::max(worst, std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - one));
    }
    const auto all = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
    state.counters["each_us"] = to_seconds(all) * 1e6 / count;
    state.counters["worst_ms"] = to_milliseconds(worst);
  }
}
BENCHMARK(flood)
    ->Args({100, 0})
    ->Args({1000, 0})
    ->Args({1000, 1})
    ->Args({5000, 1})
    ->Args({5000, 0})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace faultline
