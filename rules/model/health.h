// What the detector believes of one endpoint, and a degradation: one endpoint bad in one respect, from an
// onset to an end. Written by rules/detect, read by rules/correlate, rules/decide and the API.
#pragma once

#include "rules/model/index.h"
#include "rules/model/metric.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultline {

// ok → suspect (something looks wrong; a burst was asked for) → bad (the burst confirmed it) → ok
// (hysteresis). unknown: no valid result for three intervals, or none yet. masked: under maintenance.
enum class HealthState : std::uint8_t { unknown, ok, suspect, bad, flapping, masked };
inline constexpr std::array<std::string_view, 6> kHealthStateNames = {"unknown", "ok",       "suspect",
                                                                      "bad",     "flapping", "masked"};
constexpr std::string_view name(HealthState state) {
  return kHealthStateNames[static_cast<std::size_t>(state)];
}

enum class Respect : std::uint8_t { reachability, loss, latency, jitter, signal, throughput };
inline constexpr std::size_t kRespectCount = 6;
inline constexpr std::array<std::string_view, kRespectCount> kRespectNames = {
    "reachability", "loss", "latency", "jitter", "signal", "throughput"};
constexpr std::string_view name(Respect respect) {
  return kRespectNames[static_cast<std::size_t>(respect)];
}

struct EndpointHealth {
  HealthState state = HealthState::unknown;
  std::uint8_t respects = 0;  // bit r set: bad in respect r
  bool clean = false;       // the latest valid round was good in every respect: fit to be *healthy evidence*
  bool better = false;      // bad or flapping, but its latest round does not show it beyond doubt
  float evidence_nats = 0;  // λ of algorithms A.5: log-likelihood ratio bad : good, -3.0 … 11.6
  float loss_ratio = 0;     // since the onset while suspect or bad, else of the latest round
  Timestamp shown_since{};  // bad without a break since; epoch while the latest round does not show it
  Timestamp onset{};        // estimated beginning while suspect or bad
  Timestamp measured{};     // finish of the latest valid round; epoch = never

  bool bad_in(Respect r) const { return (respects >> static_cast<unsigned>(r)) & 1U; }
};

struct Degradation {
  EndpointIndex endpoint;
  Respect respect = Respect::reachability;
  Timestamp onset;
  Timestamp confirmed;
  std::optional<Timestamp> ended;
  std::string evidence;  // in words, with numbers: "12 of 15 packets lost since 10:02:11"
};

// The figures behind a degradation that is on, as numbers.
struct DegradationFigures {
  EndpointIndex endpoint;
  Respect respect = Respect::reachability;
  std::uint64_t lost = 0;          // reachability and loss: since the onset, of `sent`
  std::uint64_t sent = 0;          // 0: not known
  Metric metric = Metric::rtt_ms;  // the others: the latest value, and what is usual; NaN: not known
  double value = 0;
  double usual = 0;
};

}  // namespace faultline
