// One shard of the packet engine: its targets' schedule, what it sends and what it makes of the answers.
// Reads no clock and opens no socket: time comes with each tick, packets go through PacketIo, so that all of
// it runs in tests on a virtual clock. One thread. No allocation in steady state.
#pragma once

#include "probes/packet/engine.h"
#include "probes/packet/lost_packets.h"
#include "probes/packet/pacer.h"
#include "probes/packet/packet_codec.h"
#include "probes/packet/packet_io.h"
#include "probes/packet/round_builder.h"
#include "probes/packet/target_table.h"
#include "probes/packet/wheel.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace faultline::packet {

struct Now {
  Nanos steady = 0;       // CLOCK_MONOTONIC
  std::int64_t wall = 0;  // ns since 1970, read at the same moment
};

// A packet that leaves later than this after its due time says more about us than about the network: the
// round is not measured. The same for a shard that did not run for so long.
inline constexpr Nanos kLongestLag = 500'000'000;

using ChannelIndex = std::int8_t;
inline constexpr ChannelIndex kNoChannel = -1;

// Which channel carries a setting's packets: [IPv6?][on demand?].
using ChannelChoice = std::array<std::array<ChannelIndex, 2>, 2>;

struct NewTarget {
  EndpointIndex endpoint;
  std::uint16_t settings = 0;
  std::optional<IpAddress> address;
  Nanos first_start = 0;             // a start in the past is moved on by whole intervals
  std::uint32_t first_sequence = 0;  // best random
};

class Shard {
 public:
  Shard(const EngineOptions& options, RoundSink sink, wire::SipKey key, Now now);

  ChannelIndex add_channel(std::unique_ptr<PacketIo> io, std::unique_ptr<PacketCodec> codec);
  // The settings get the next number: 0, 1, 2, …
  void add_settings(const std::shared_ptr<const PacketSettings>& settings, ChannelChoice channels);

  // Memory for targets in slots below `slots` and for `packets` packets of new ones, so that adding them one
  // by one neither copies nor wastes.
  void reserve(std::uint32_t slots, std::size_t packets);
  // Slots of targets begin here; those below are for bursts.
  std::uint32_t first_slot() const { return burst_slots_; }
  void add(std::uint32_t slot, const NewTarget& target, Nanos now);
  void remove(std::uint32_t slot);
  void set_address(std::uint32_t slot, const std::optional<IpAddress>& address);
  void burst(std::uint32_t slot, const BurstPlan& plan);

  // Reads what has arrived, sends what is due, gives finished rounds to the sink.
  void tick(Now now);
  // When the next tick should be.
  Nanos next_tick() const;

  const EngineStats& stats() const { return stats_; }

 private:
  struct Channel {
    std::unique_ptr<PacketIo> io;
    std::unique_ptr<PacketCodec> codec;
    std::vector<Outgoing> batch;
    std::uint64_t drops = 0;
    Nanos dropped_at = -1;
    Nanos busy_until = 0;  // an answer may come so long
    Nanos read_at = 0;
  };
  struct Settings {
    std::shared_ptr<const PacketSettings> values;
    ChannelChoice channels;
    Nanos interval, spacing, timeout, late_horizon;
    Nanos longest_wait;  // for an answer that still means something
  };
  struct Burst {
    std::uint32_t parent = 0;
    BurstPlan plan;
    Nanos extended_at = 0;  // when the rest was decided on; 0 = not yet
  };
  struct SendFailure {
    std::uint32_t slot, sequence;
    OutcomeReason reason;
  };

  // shard.cpp: the schedule
  void fire(std::uint32_t slot);
  void start_due(std::uint32_t slot);
  void begin_round(std::uint32_t slot, Nanos start, std::uint16_t packets);
  void extend_burst(std::uint32_t slot);
  void close_due(std::uint32_t slot);
  void close_round(std::uint32_t slot);
  void schedule_start(std::uint32_t slot);
  void end_burst(std::uint32_t slot);
  void emit(const Round& round);
  void emit_unmeasured(const Target& target, OutcomeReason reason);
  void forget_round(Target& target);
  void keep_house();
  void deliver();
  const Settings& settings(const Target& target) const { return settings_[target.settings]; }
  ChannelIndex channel_of(const Target& target) const {
    return settings(target).channels[target.address.is_v6][target.on_demand];
  }
  Timestamp wall(Nanos steady) const;

  // shard_send.cpp: the questions
  Nanos due(std::uint32_t slot, std::uint16_t packet) const;
  void send_next(std::uint32_t slot);
  void flush(Channel& channel);
  void note_sent(const Outgoing& packet);
  void note_lag(Nanos lag);
  void give_up_failed();

  // shard_match.cpp: the answers
  void drain();
  bool drain(ChannelIndex channel);
  void on_packets(ChannelIndex channel, std::span<const Incoming> packets);
  void on_reply(ChannelIndex channel, const Incoming& packet, const Reply& reply);
  void on_error(ChannelIndex channel, const Incoming& packet);
  bool match(std::uint32_t slot, ChannelIndex channel, const Incoming& packet, const Reply& reply);
  void on_answer(std::uint32_t slot, std::uint16_t index, const Incoming& packet, const Reply& reply);
  bool on_answer_after_round(std::uint32_t slot, std::uint32_t sequence, Nanos arrived);
  void note_late(const Target& target, Nanos round_start, Nanos sent_at, Nanos arrived, bool after_round);
  bool match_error(std::uint32_t slot, ChannelIndex channel, const Quote& quote);
  void note_order(Target& target, std::uint16_t index);
  void note_reflector(Target& target, std::uint16_t index, const ReflectorReport& report,
                      const Incoming& packet, Nanos sent_at);
  void note_jitter(Target& target, float rtt_ms);
  void after_answer(std::uint32_t slot);

  RoundSink sink_;
  LateSink late_sink_;
  TargetTable table_;
  Wheel wheel_;
  Pacer pacer_;
  LostPackets lost_;
  RoundBuilder builder_;
  std::vector<Channel> channels_;
  std::vector<Settings> settings_;
  std::vector<Burst> bursts_;  // by slot
  std::vector<std::uint32_t> free_bursts_;
  std::vector<SendFailure> failures_;
  std::vector<Reply> replies_;  // of the batch that is being read
  std::vector<Round> rounds_;
  std::vector<LateReply> late_;
  Nanos delivered_at_ = 0;
  Nanos remember_lost_ = 0;
  EngineStats stats_;
  Now now_;
  Nanos drained_at_ = 0;  // everything that had arrived by then has been read
  Nanos stalled_at_ = -1;
  Nanos kept_house_at_ = 0;
  std::uint32_t open_rounds_ = 0;
  std::uint32_t sent_this_tick_ = 0;
  std::uint32_t burst_slots_;
  wire::SipKey key_;
};

}  // namespace faultline::packet
