#include "tests/accuracy/real/series.h"

#include <algorithm>
#include <chrono>
#include <istream>
#include <sstream>
#include <stdexcept>

namespace faultline::accuracy {
namespace {

using namespace std::chrono_literals;

constexpr EndpointIndex kLine{0};
constexpr ProbeKindIndex kProbe = 0;
constexpr std::uint16_t kPackets = 3;  // as RIPE Atlas sends
constexpr Duration kTick = 10s;        // between two rounds: time for bursts that never come
constexpr int kMostTicks = 30;

std::shared_ptr<const Topology> one_line() {
  EndpointRecord record;
  record.endpoint.name = "line";
  record.endpoint.technology = Technology::ip;
  auto built = Topology::build({}, {record});
  if (!built) throw std::runtime_error(built.error().message);
  return *built;
}

Round round_of(const Sample& sample, Feed feed) {
  Round round;
  round.endpoint = kLine;
  round.probe = kProbe;
  round.started = sample.at;
  round.finished = sample.at + 1s;
  round.outcome = sample.value ? Outcome::ok : Outcome::lost;
  if (feed == Feed::reading) {
    if (sample.value) round.add(Metric::throughput_bps, static_cast<float>(*sample.value));
    return round;
  }
  round.packets.sent = kPackets;
  if (!sample.value) return round;
  round.packets.received = kPackets;
  const auto rtt_ms = static_cast<float>(*sample.value);
  round.rtt.minimum_ms = round.rtt.median_ms = round.rtt.p95_ms = round.rtt.maximum_ms = rtt_ms;
  return round;
}

// Is it about the value, not about lost packets?
bool is_of_values(const detect::Event& event, Feed feed) {
  if (!event.degradation) return false;
  return event.degradation->respect == (feed == Feed::rtt ? Respect::latency : Respect::throughput);
}

}  // namespace

std::vector<Series> read_series(std::istream& in) {
  std::vector<Series> all;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# ")) {
      all.push_back({line.substr(2), {}});
      continue;
    }
    std::istringstream fields(line);
    double at_s = 0;
    std::string value;
    if (!(fields >> at_s >> value) || all.empty()) throw std::runtime_error("not a sample: " + line);
    Sample sample;
    sample.at = Timestamp(std::chrono::round<Duration>(std::chrono::duration<double>(at_s)));
    if (value != "-") sample.value = std::stod(value);
    all.back().samples.push_back(sample);
  }
  return all;
}

Judged judge_series(const Series& series, Feed feed, const std::shared_ptr<const DetectRules>& rules) {
  detect::Detector detector(one_line(), rules);
  const Metric metric = feed == Feed::rtt ? Metric::rtt_ms : Metric::throughput_bps;
  Judged judged;
  detect::Events events;
  const auto row_of = [&](Timestamp at, std::size_t known) {  // the last row not after it
    std::size_t row = known;
    while (row > 0 && series.samples[row].at > at) --row;
    return row;
  };
  for (std::size_t row = 0; row < series.samples.size(); ++row) {
    const Sample& sample = series.samples[row];
    if (row > 0) {
      Timestamp tick = series.samples[row - 1].at + kTick;
      for (int i = 0; i < kMostTicks && tick < sample.at; ++i, tick += kTick) detector.on_tick(tick, events);
    }
    detector.on_round(round_of(sample, feed), events);
    const auto deviation = detector.deviation(kLine, kProbe, metric).value_or(detect::Detector::Deviation{});
    judged.deviations.push_back(deviation);
    bool is_shift = false;
    for (const detect::Event& event : events) {
      if (!is_of_values(event, feed)) continue;
      const Degradation& d = *event.degradation;
      if (event.kind == detect::EventKind::degradation_ended && is_shift) continue;  // not a change back
      is_shift = event.kind == detect::EventKind::baseline_shift;
      const Timestamp at = is_shift ? sample.at : d.ended.value_or(d.onset);
      judged.changes.push_back({event.kind, row_of(at, row), row, deviation.score});
    }
    events.clear();
  }
  return judged;
}

}  // namespace faultline::accuracy
