// A round: one endpoint's result of one probe in one interval, the only thing that probes/ hands to rules/.
// Plain data, no allocation: a shard makes 50,000 packets' worth of them a second.
#pragma once

#include "rules/model/index.h"
#include "rules/model/metric.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace faultline {

inline constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
// Values that one round can carry beside its packets and RTT.
inline constexpr std::size_t kMetricsPerRound = 12;

// What became of the round. `not_measured` is never `lost`: it says nothing about the endpoint.
enum class Outcome : std::uint8_t {
  ok,
  partial,
  lost,
  unreachable,
  refused,
  timed_out,
  malformed,
  not_measured
};
std::string_view name(Outcome outcome);

// Why, where the outcome alone does not say it.
enum class OutcomeReason : std::uint8_t {
  none,
  net_unreachable,   // ICMP type 3 code 0/6, ICMPv6 type 1 code 0
  host_unreachable,  // ICMP type 3 code 1/7, ICMPv6 type 1 code 3
  port_unreachable,  // ICMP type 3 code 3, ICMPv6 type 1 code 4; a TCP port that nobody listens on
  admin_prohibited,  // ICMP type 3 code 9/10/13, ICMPv6 type 1 code 1
  ttl_exceeded,      // ICMP type 11, ICMPv6 type 3
  no_route,          // the own kernel refused to send
  name_unresolved,   // the endpoint's name has no address (yet)
  engine_late,       // the engine could not keep its schedule
  queue_dropped,     // the own socket buffer overflowed
  send_failed,       // the own kernel did not take the packet
  device_gone,       // a modem or serial port vanished
  not_registered,    // a modem that answers but has no network
  cancelled,
  error_answer,         // it answered that it cannot: a DNS rcode or HTTP status other than the expected
  unexpected_answer,    // a good answer without what it must hold
  connection_closed,    // the other side ended the conversation before its answer was whole
  tls_failed,           // no TLS session came about
  certificate_refused,  // untrusted, ended, or of another name
  // Of values that somebody else has, such as a Prometheus: they say nothing about the endpoint.
  source_silent,     // who has the values did not answer in time
  answer_too_large,  // the answer is longer than is read
  no_value,          // nothing, or nothing current, or no number is known of the endpoint
  ambiguous_value,   // more than one value is said to be the endpoint's
  // Of a throughput test, which must not disturb anyone.
  line_in_use,   // the customer's own traffic is on the line
  node_in_test,  // another test runs through the same node
  cap_reached,   // the endpoint's test traffic of the day is used up
};
inline constexpr std::size_t kOutcomeReasonCount = static_cast<std::size_t>(OutcomeReason::cap_reached) + 1;
std::string_view name(OutcomeReason reason);

// Index of the probe kind in the registry (probes/registry.h), which knows its name.
using ProbeKindIndex = std::uint8_t;
// Index of the probe host; the first releases have one, number 0.
using ProbeHostIndex = std::uint8_t;

struct PacketCounts {
  std::uint16_t sent = 0;
  std::uint16_t received = 0;  // in time, without duplicates
  std::uint16_t late = 0;      // answered after the time-out: not lost, not received
  std::uint16_t duplicates = 0;
  std::uint16_t reordered = 0;     // RFC 4737 type-P reordered
  std::int16_t lost_forward = -1;  // STAMP with a stateful reflector only, else -1
  std::int16_t lost_backward = -1;

  constexpr std::uint16_t lost() const { return static_cast<std::uint16_t>(sent - received - late); }
};

struct RttSummary {  // milliseconds; kNoValue where nothing was received
  float minimum_ms = kNoValue;
  float median_ms = kNoValue;
  float p95_ms = kNoValue;
  float maximum_ms = kNoValue;
  float ipdv_ms = kNoValue;           // p95 - minimum (RFC 3393 selection function)
  float jitter_ms = kNoValue;         // RFC 3550 §6.4.1 interarrival jitter
  float forward_delay_ms = kNoValue;  // one-way, only if both STAMP clocks say they are synchronised
  float backward_delay_ms = kNoValue;
};

struct MetricValue {
  Metric metric = Metric::loss_ratio;
  float value = kNoValue;
};

struct Round {
  Timestamp started;
  Timestamp finished;
  EndpointIndex endpoint;
  ProbeKindIndex probe = 0;
  ProbeHostIndex probe_host = 0;
  Outcome outcome = Outcome::not_measured;
  OutcomeReason reason = OutcomeReason::none;
  bool on_demand = false;  // a burst that the rules asked for, not a scheduled round
  std::uint8_t value_count = 0;
  PacketCounts packets;  // packets.sent == 0: not a packet probe
  RttSummary rtt;
  std::array<MetricValue, kMetricsPerRound> values{};  // signal and other values, value_count of them

  std::span<const MetricValue> metric_values() const { return {values.data(), value_count}; }
  // Adds a value; a NaN ("unknown") or one beyond kMetricsPerRound is left out.
  void add(Metric metric, float value);
};

// An answer that came after its time-out: its round has counted it as late or, if it had been given out by
// then, as lost.
struct LateReply {
  Timestamp round_started;
  Timestamp arrived;
  EndpointIndex endpoint;
  ProbeKindIndex probe = 0;
  bool after_round = false;  // the round had been given out
  float rtt_ms = kNoValue;
};

}  // namespace faultline
