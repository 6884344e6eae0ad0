// The state of one target inside a shard: its place in the schedule and the round in progress. Flat and
// small, since there may be a million of them: 128 bytes here and 8 a packet in the table's cells.
#pragma once

#include "probes/packet/address.h"
#include "probes/packet/wheel.h"
#include "rules/model/round.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace faultline::packet {

enum class Phase : std::uint8_t {
  vacant,    // no target
  idle,      // waits for its next start
  sending,   // between two packets of a round
  patience,  // a burst that waits for its first packets before it sends the rest
  waiting,   // all sent, answers outstanding
};

// Times of a packet in units of 100 ns since its round's start: 7 minutes at most.
inline constexpr Nanos kCellUnit = 100;
inline constexpr std::uint32_t kNotSent = UINT32_MAX;
// In place of a round-trip time:
inline constexpr std::uint32_t kPending = UINT32_MAX;
inline constexpr std::uint32_t kErrored = UINT32_MAX - 1;  // an ICMP error came instead of a reply
inline constexpr std::uint32_t kLate = UINT32_MAX - 2;
inline constexpr std::uint32_t kUntimed = UINT32_MAX - 3;  // received in time, but how fast is not certain
inline constexpr std::uint32_t kPendingUntimed = UINT32_MAX - 4;  // pending, and when it left is not certain

constexpr bool is_open(std::uint32_t rtt) {
  return rtt == kPending || rtt == kPendingUntimed;
}
constexpr bool is_time(std::uint32_t rtt) {
  return rtt < kPendingUntimed;
}

// What a STAMP reflector's own counter has said in this round.
struct ReflectorTrack {
  std::uint32_t anchor = 0;  // the counter at the packet just before this round, if anchored
  std::uint32_t first = 0;   // at the first and the last (in sending order) packet that was answered
  std::uint32_t last = 0;
  float forward_sum_ms = 0;
  float backward_sum_ms = 0;
  std::uint16_t one_way_count = 0;
  std::uint16_t first_packet = 0;
  std::uint16_t last_packet = 0;
  bool anchored = false;
  bool seen = false;
  bool counts_itself = false;  // its counter differs from ours: it is stateful
};

struct Target {
  Nanos next_start = 0;   // of the next round
  Nanos round_start = 0;  // of the round in progress
  IpAddress address;
  EndpointIndex endpoint;
  std::uint32_t cells = 0;  // position in the table's cell pool
  std::uint32_t first_sequence = 0;
  float jitter_ms = 0;  // RFC 3550 §6.4.1, kept over rounds
  float last_rtt_ms = kNoValue;
  ReflectorTrack reflector;
  std::uint16_t settings = 0;
  std::uint16_t planned = 0;      // packets that this round shall have
  std::uint16_t next_packet = 0;  // packets begun so far
  std::uint16_t sent = 0;         // of those: taken by the kernel
  std::uint16_t received = 0;
  std::uint16_t late = 0;
  std::uint16_t duplicates = 0;
  std::uint16_t reordered = 0;
  std::uint16_t errors = 0;
  std::uint16_t highest = 0;         // highest packet answered so far, plus one
  std::uint16_t previous_count = 0;  // packets of the round before: their sequence numbers come just before
  std::uint16_t capacity = 0;        // packets that its cells have room for
  Phase phase = Phase::vacant;
  OutcomeReason taint = OutcomeReason::none;  // why the round in progress cannot be a measurement
  OutcomeReason error = OutcomeReason::none;  // the latest ICMP error in this round
  bool has_address = false;
  bool on_demand = false;
  bool bursting = false;  // a burst of this target runs

  bool in_round() const { return phase >= Phase::sending; }
  std::uint16_t answered() const { return static_cast<std::uint16_t>(received + late + errors); }
};

// A target's cells: when each packet of the round in progress left, and how long its reply took.
struct Cells {
  std::span<std::uint32_t> sent;
  std::span<std::uint32_t> rtt;
};

}  // namespace faultline::packet
