// What foresight costs the main loop: an endpoint with four metrics of 28 days that wobble, one whose metrics
// all drift towards their limits (the dear case), unpacking what the detector has learnt, and the end of a
// survey of 100,000.
#include "daemon/config/rule_file.h"
#include "rules/detect/detector.h"
#include "rules/foresee/survey.h"
#include "rules/foresee/usage.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

namespace faultline::foresee {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow = Timestamp(std::chrono::seconds(1'795'514'400));

std::shared_ptr<const Topology> network(std::uint32_t count) {
  std::vector<NodeRecord> nodes;
  std::vector<EndpointRecord> endpoints;
  for (std::uint32_t e = 0; e < count; ++e) {
    const std::string site = "site-" + std::to_string(e / 10);
    if (e % 10 == 0) nodes.push_back({{site, NodeKind::site, {}, {}, false}, {}});
    EndpointRecord record;
    record.endpoint.name = "port-" + std::to_string(e);
    record.endpoint.technology = Technology::gpon;
    record.endpoint.customers = 48;
    record.parents = {{EdgeKind::transport, site}};
    endpoints.push_back(std::move(record));
  }
  return *Topology::build(std::move(nodes), std::move(endpoints));
}

std::shared_ptr<const RuleSet> rules() {
  auto read = config::default_rules();
  if (!read) throw std::runtime_error(read.error().message);
  return std::make_shared<const RuleSet>(std::move(*read));
}

LearntEndpoint learnt_with(double drift_per_day, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 0.2);
  LearntEndpoint learnt;
  learnt.loss_ratio.fill(0.001F);
  learnt.troubles.suspicions_7d = static_cast<double>(seed % 7);
  for (const auto& [metric, start] : {std::pair(Metric::optical_rx_dbm, -22.0),
                                      {Metric::rtt_ms, 3.0},
                                      {Metric::ipdv_ms, 1.0},
                                      {Metric::utilisation, 0.4}}) {
    LearntMetric m;
    m.metric = metric;
    m.samples = 40'000;
    m.last_day = 20'780;
    m.profile.fill(static_cast<float>(start));
    const double sign = metric == Metric::optical_rx_dbm ? -1 : 1;
    for (std::size_t i = 0; i < kLearntDays; ++i)
      m.days[i] = static_cast<float>(start + sign * drift_per_day * static_cast<double>(i) + noise(random));
    learnt.metrics.push_back(m);
  }
  return learnt;
}

void look_at(benchmark::State& state, double drift) {
  constexpr std::uint32_t kEndpoints = 1'000;
  const auto topology = network(kEndpoints);
  const auto numbers = rules();
  std::vector<LearntEndpoint> learnt;
  for (std::uint32_t e = 0; e < kEndpoints; ++e) learnt.push_back(learnt_with(drift, e));
  for (auto _ : state) {
    Survey survey(topology, numbers, kNow);
    for (std::uint32_t e = 0; e < kEndpoints; ++e) survey.look_at(EndpointIndex{e}, learnt[e], true);
  }
  state.SetItemsProcessed(state.iterations() * kEndpoints);
}
BENCHMARK_CAPTURE(look_at, wobbling, 0.0);
BENCHMARK_CAPTURE(look_at, drifting, 0.1);

void finish_100000(benchmark::State& state) {
  constexpr std::uint32_t kEndpoints = 100'000;
  const auto topology = network(kEndpoints);
  const auto numbers = rules();
  for (auto _ : state) {
    state.PauseTiming();
    Survey survey(topology, numbers, kNow);
    for (std::uint32_t e = 0; e < kEndpoints; ++e)
      survey.look_at(EndpointIndex{e}, learnt_with(e % 100 == 0 ? 0.1 : 0, e), true);
    state.ResumeTiming();
    benchmark::DoNotOptimize(survey.finish());
  }
}
BENCHMARK(finish_100000)->Unit(benchmark::kMillisecond)->Iterations(3);

void unpack(benchmark::State& state) {
  const auto topology = network(10);
  const auto numbers = rules();
  detect::Detector detector(topology, {numbers, &numbers->detect});
  detect::Events events;
  Round round;
  round.endpoint = EndpointIndex{0};
  round.packets.sent = round.packets.received = 10;
  round.outcome = Outcome::ok;
  Timestamp now = kNow;
  for (int i = 0; i < 29 * 288; ++i, now += 5min) {
    round.started = round.finished = now;
    round.rtt.median_ms = 20 + static_cast<float>(i % 7);
    round.rtt.ipdv_ms = 2;
    detector.on_round(round, events);
  }
  for (auto _ : state) benchmark::DoNotOptimize(detector.learnt(EndpointIndex{0}, now));
}
BENCHMARK(unpack);

void usage_of_an_endpoint(benchmark::State& state) {
  const auto topology = network(10);
  const auto numbers = rules();
  const LearntEndpoint learnt = learnt_with(0.01, 1);
  UsageSum sum(NodeIndex{0}, topology, numbers);
  for (auto _ : state) sum.add(EndpointIndex{0}, learnt);
  benchmark::DoNotOptimize(sum.finish());
}
BENCHMARK(usage_of_an_endpoint);

}  // namespace
}  // namespace faultline::foresee
