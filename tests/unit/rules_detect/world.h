// A detector over a few endpoints with the shipped rules, and rounds with made-up numbers. Time is the
// test's.
#pragma once

#include "daemon/config/rule_file.h"
#include "rules/detect/detector.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace faultline::detect {

using namespace std::chrono_literals;

inline constexpr ProbeKindIndex kIcmp = 0, kStamp = 1, kModem = 2;
// A Tuesday, 10:00 UTC.
inline constexpr Timestamp kBegin = Timestamp(std::chrono::seconds(1'795'514'400));

inline std::shared_ptr<const DetectRules> shipped_rules(const std::function<void(DetectRules&)>& change =
                                                            [](DetectRules&) {}) {
  auto rules = config::default_rules();
  if (!rules) throw std::runtime_error(rules.error().message);
  change(rules->detect);
  return std::make_shared<const DetectRules>(rules->detect);
}

inline std::shared_ptr<const Topology> endpoints(std::vector<std::string> names,
                                                 const Topology* previous = nullptr) {
  std::vector<EndpointRecord> records;
  for (const std::string& name : names) {
    EndpointRecord record;
    record.endpoint.name = name;
    record.endpoint.technology = Technology::lte;
    records.push_back(record);
  }
  auto built = Topology::build({}, std::move(records), previous);
  if (!built) throw std::runtime_error(built.error().message);
  return *built;
}

class World {
 public:
  explicit World(const std::function<void(DetectRules&)>& change = [](DetectRules&) {})
      : detector(endpoints({"a", "b"}), shipped_rules(change)) {}

  Round packets(int sent, int lost, double rtt_ms = 20, ProbeKindIndex probe = kIcmp) const {
    Round round;
    round.endpoint = a;
    round.probe = probe;
    round.started = now;
    round.finished = now + 500ms;
    round.packets.sent = static_cast<std::uint16_t>(sent);
    round.packets.received = static_cast<std::uint16_t>(sent - lost);
    round.outcome = lost == 0 ? Outcome::ok : lost == sent ? Outcome::lost : Outcome::partial;
    if (lost < sent) {
      round.rtt.median_ms = static_cast<float>(rtt_ms);
      round.rtt.ipdv_ms = 2;
    }
    return round;
  }
  Round burst(int sent, int lost, double rtt_ms = 20, ProbeKindIndex probe = kIcmp) const {
    Round round = packets(sent, lost, rtt_ms, probe);
    round.on_demand = true;
    return round;
  }
  Round signal(double rsrp_dbm, double sinr_db = 15) const {
    Round round;
    round.endpoint = a;
    round.probe = kModem;
    round.started = round.finished = now;
    round.outcome = Outcome::ok;
    round.add(Metric::rsrp_dbm, static_cast<float>(rsrp_dbm));
    round.add(Metric::sinr_db, static_cast<float>(sinr_db));
    return round;
  }

  // The events of one round.
  Events send(const Round& round) {
    Events out;
    detector.on_round(round, out);
    return out;
  }
  Events tick() {
    Events out;
    detector.on_tick(now, out);
    return out;
  }
  // So many good rounds, ten seconds apart; fails if anything happens but `recovered`.
  void run_good(int rounds, double rtt_ms = 20) {
    for (int i = 0; i < rounds; ++i, now += 10s) {
      const double wobble = 1 + 0.02 * ((i * 7) % 11 - 5) / 5.0;
      for (const Event& event : send(packets(5, 0, rtt_ms * wobble)))
        ADD_FAILURE() << "event " << static_cast<int>(event.kind) << " in good round " << i;
    }
  }
  // Everything lost: one round and a burst that confirms it.
  Events go_down() {
    Events events = send(packets(5, 5));
    now += 4s;
    for (Event& event : send(burst(20, 20))) events.push_back(std::move(event));
    now += 6s;
    return events;
  }
  const EndpointHealth& health() const { return detector.health(a); }

  Detector detector;
  EndpointIndex a{0}, b{1};
  Timestamp now = kBegin;
};

inline std::vector<EventKind> kinds(const Events& events) {
  std::vector<EventKind> list;
  for (const Event& event : events) list.push_back(event.kind);
  return list;
}

}  // namespace faultline::detect
