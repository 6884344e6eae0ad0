// What a round costs in rules/detect. Budget: 0.3 µs a round with everything in the cache (5,000 endpoints);
// 100,000 endpoints show what cold caches add.
#include "daemon/config/rule_file.h"
#include "rules/detect/detector.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace faultline::detect {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kBegin = Timestamp(std::chrono::seconds(1'795'514'400));

std::shared_ptr<const Topology> flat_topology(std::size_t count) {
  std::vector<EndpointRecord> records(count);
  for (std::size_t i = 0; i < count; ++i) {
    records[i].endpoint.name = "e" + std::to_string(i);
    records[i].endpoint.technology = Technology::lte;
  }
  return *Topology::build({}, std::move(records));
}

std::shared_ptr<const DetectRules> rules() {
  const auto read = config::default_rules();
  if (!read) throw std::runtime_error(read.error().message);
  return std::make_shared<const DetectRules>(read->detect);
}

// Rounds made beforehand, so that the loop measures the detector alone.
std::vector<Round> some_rounds(std::size_t count, bool with_signal) {
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 1);
  std::vector<Round> rounds(count);
  for (Round& round : rounds) {
    round.outcome = Outcome::ok;
    if (with_signal) {
      round.probe = 1;
      round.add(Metric::rsrp_dbm, -85 + noise(random));
      round.add(Metric::rsrq_db, -10 + noise(random) / 2);
      round.add(Metric::sinr_db, 15 + noise(random));
    } else {
      round.packets.sent = round.packets.received = 5;
      round.rtt.median_ms = 20 + noise(random);
      round.rtt.ipdv_ms = 2 + noise(random) / 4;
    }
  }
  return rounds;
}

void run(benchmark::State& state, bool with_signal) {
  const auto endpoints = static_cast<std::size_t>(state.range(0));
  Detector detector(flat_topology(endpoints), rules());
  std::vector<Round> rounds = some_rounds(4096, with_signal);
  Events events;
  Timestamp now = kBegin;
  std::uint32_t e = 0;
  std::size_t next = 0;
  const auto one = [&] {
    Round& round = rounds[next];
    next = (next + 1) % rounds.size();
    round.endpoint = EndpointIndex{e};
    round.started = now;
    round.finished = now + 400ms;
    detector.on_round(round, events);
    if (++e == endpoints) {
      e = 0;
      now += 10s;
    }
  };
  for (std::size_t i = 0; i < 30 * endpoints; ++i) one();  // beyond the cold start
  events.clear();
  for (auto _ : state) one();
  state.SetItemsProcessed(state.iterations());
  state.counters["events"] = static_cast<double>(events.size());
}

void packet_round(benchmark::State& state) {
  run(state, false);
}
void signal_round(benchmark::State& state) {
  run(state, true);
}
BENCHMARK(packet_round)->Arg(100)->Arg(5'000)->Arg(100'000);
BENCHMARK(signal_round)->Arg(5'000);

void tick(benchmark::State& state) {
  const auto endpoints = static_cast<std::size_t>(state.range(0));
  Detector detector(flat_topology(endpoints), rules());
  Events events;
  Timestamp now = kBegin;
  for (auto _ : state) detector.on_tick(now += 1s, events);
}
BENCHMARK(tick)->Arg(5'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace faultline::detect
