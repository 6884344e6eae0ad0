// The half of a shard that reads: from an incoming packet to the target, the round and the packet it answers.
#include "probes/packet/shard.h"

#include <algorithm>
#include <cmath>

namespace faultline::packet {
namespace {

// A flood may keep a socket full for ever: after so many batches the schedule has its turn.
constexpr int kMostBatchesATick = 128;
// A socket that waits for no answer is looked at so often, for what strangers send to it.
constexpr Nanos kIdleRead = 100'000'000;
// Send times are interpolated and a reflector's two stamps may come from two clocks: an answer may seem to be
// a little older than its question. More than this is a wrong time stamp.
constexpr Nanos kStampSlack = 200'000;

float milliseconds(Nanos nanos) {
  return static_cast<float>(static_cast<double>(nanos) / 1e6);
}

}  // namespace

void Shard::drain() {
  bool all = true;
  std::uint64_t steps = 0;
  std::uint64_t drops = 0;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    auto& channel = channels_[i];
    drops += channel.drops;
    if (now_.steady > channel.busy_until && now_.steady - channel.read_at < kIdleRead) continue;
    channel.read_at = now_.steady;
    if (!drain(static_cast<ChannelIndex>(i))) all = false;
    steps = std::max(steps, channel.io->clock_steps());  // one clock for all of them
    const auto now_dropped = channel.io->queue_drops();
    if (now_dropped != channel.drops) channel.dropped_at = now_.steady;
    drops += now_dropped - channel.drops;
    channel.drops = now_dropped;
  }
  stats_.clock_steps = std::max(stats_.clock_steps, steps);
  stats_.queue_drops = drops;
  if (all) drained_at_ = now_.steady;
}

bool Shard::drain(ChannelIndex channel) {
  auto& io = *channels_[static_cast<std::size_t>(channel)].io;
  for (int batch = 0; batch < kMostBatchesATick; ++batch) {
    const auto packets = io.receive();
    if (packets.empty()) return true;
    on_packets(channel, packets);
  }
  return false;
}

// All of a batch are read before the first is looked up: their targets lie anywhere in memory, and the time
// to fetch one is as long as all the work on it.
void Shard::on_packets(ChannelIndex channel, std::span<const Incoming> packets) {
  auto& codec = *channels_[static_cast<std::size_t>(channel)].codec;
  replies_.clear();
  for (const auto& packet : packets) {
    auto& reply = replies_.emplace_back();
    if (packet.is_error) continue;
    reply = codec.read_reply(packet);
    if (reply.verdict != Verdict::ours) continue;
    if (!reply.slot)
      table_.prefetch(packet.from);
    else if (*reply.slot < table_.size())
      table_.prefetch(*reply.slot);
  }
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto& reply = replies_[i];
    if (reply.verdict != Verdict::ours) continue;
    if (!reply.slot) {
      table_.prefetch_first(packets[i].from);
    } else if (*reply.slot < table_.size()) {
      table_.prefetch_cells(*reply.slot);
      wheel_.prefetch(*reply.slot);
    }
  }
  for (std::size_t i = 0; i < packets.size(); ++i)
    packets[i].is_error ? on_error(channel, packets[i]) : on_reply(channel, packets[i], replies_[i]);
}

void Shard::on_reply(ChannelIndex channel, const Incoming& packet, const Reply& reply) {
  switch (reply.verdict) {
    case Verdict::stray:
      ++stats_.stray;
      return;
    case Verdict::malformed:
      ++stats_.malformed;
      return;
    case Verdict::bad_authentication:
      ++stats_.bad_authentication;
      return;
    case Verdict::ours:
      break;
  }
  const auto matches = [&](std::uint32_t slot) { return match(slot, channel, packet, reply); };
  const bool found =
      reply.slot ? *reply.slot < table_.size() && matches(*reply.slot) : table_.find(packet.from, matches);
  if (!found) ++stats_.stray;
}

bool Shard::match(std::uint32_t slot, ChannelIndex channel, const Incoming& packet, const Reply& reply) {
  auto& target = table_[slot];
  if (target.phase == Phase::vacant || !target.has_address) return false;
  if (target.address != packet.from || channel_of(target) != channel) return false;
  const auto index = reply.sequence - target.first_sequence;
  if (target.in_round() && index < target.next_packet) {
    on_answer(slot, static_cast<std::uint16_t>(index), packet, reply);
    return true;
  }
  return on_answer_after_round(slot, reply.sequence, packet.arrived);
}

void Shard::on_answer(std::uint32_t slot, std::uint16_t index, const Incoming& packet, const Reply& reply) {
  auto& target = table_[slot];
  const auto cells = table_.cells(target);
  auto& rtt = cells.rtt[index];
  const bool send_time_certain = rtt == kPending;
  if (cells.sent[index] == kNotSent || !is_open(rtt)) {
    ++target.duplicates;
    ++stats_.duplicates;
    return;
  }
  const auto sent_at = target.round_start + static_cast<Nanos>(cells.sent[index]) * kCellUnit;
  auto elapsed = packet.arrived - sent_at;
  note_order(target, index);
  if (reply.report) note_reflector(target, index, *reply.report, packet, sent_at);
  if (elapsed > settings(target).timeout) {
    rtt = kLate;
    ++target.late;
    note_late(target, target.round_start, sent_at, packet.arrived, false);
    return after_answer(slot);
  }
  ++target.received;
  ++stats_.received;
  const auto residence = reply.report && reply.report->has_times ? reply.report->residence_ns : 0;
  elapsed -= std::max<Nanos>(residence, 0);
  const bool believable = elapsed > -kStampSlack && residence > -kStampSlack;
  if (!send_time_certain || !packet.time_certain || !believable) {
    rtt = kUntimed;
    ++stats_.untimed;
  } else {
    elapsed = std::max<Nanos>(elapsed, 0);
    rtt = static_cast<std::uint32_t>(elapsed / kCellUnit);
    note_jitter(target, milliseconds(elapsed));
  }
  after_answer(slot);
}

// The round has been given out with this packet as lost, or as answered.
bool Shard::on_answer_after_round(std::uint32_t slot, std::uint32_t sequence, Nanos arrived) {
  const auto& target = table_[slot];
  const auto lost = lost_.take(slot, sequence);
  if (!lost) {
    const auto before = target.first_sequence - sequence;
    if (before == 0 || before > target.previous_count) return false;
    ++stats_.duplicates;
    return true;
  }
  if (lost->endpoint != target.endpoint || arrived - lost->sent_at > settings(target).late_horizon)
    return false;
  ++stats_.late_after_close;
  const auto round_start = lost->sent_at - static_cast<Nanos>(lost->since_start) * kCellUnit;
  note_late(target, round_start, lost->sent_at, arrived, true);
  return true;
}

void Shard::note_late(const Target& target, Nanos round_start, Nanos sent_at, Nanos arrived,
                      bool after_round) {
  ++stats_.late;
  late_.push_back({.round_started = wall(round_start),
                   .arrived = wall(arrived),
                   .endpoint = target.endpoint,
                   .probe = settings(target).values->kind,
                   .after_round = after_round,
                   .rtt_ms = milliseconds(arrived - sent_at)});
}

// RFC 4737 §3: a packet is reordered if one that was sent after it has arrived before it.
void Shard::note_order(Target& target, std::uint16_t index) {
  if (index < target.highest) {
    ++target.reordered;
    ++stats_.reordered;
  } else {
    target.highest = static_cast<std::uint16_t>(index + 1);
  }
}

void Shard::note_reflector(Target& target, std::uint16_t index, const ReflectorReport& report,
                           const Incoming& packet, Nanos sent_at) {
  auto& track = target.reflector;
  if (!track.seen || index < track.first_packet) {
    track.first = report.reflector_sequence;
    track.first_packet = index;
  }
  if (!track.seen || index > track.last_packet) {
    track.last = report.reflector_sequence;
    track.last_packet = index;
  }
  track.seen = true;
  if (report.reflector_sequence != target.first_sequence + index) track.counts_itself = true;
  if (!report.both_synchronised || !packet.time_certain) return;
  const auto sent_wall = packet.arrived_wall - (packet.arrived - sent_at);
  track.forward_sum_ms += milliseconds(report.received_wall - sent_wall);
  track.backward_sum_ms += milliseconds(packet.arrived_wall - report.reflected_wall);
  ++track.one_way_count;
}

// RFC 3550 §6.4.1 on round-trip times, in order of arrival: J += (|D| - J) / 16.
void Shard::note_jitter(Target& target, float rtt_ms) {
  if (!std::isnan(target.last_rtt_ms))
    target.jitter_ms += (std::abs(rtt_ms - target.last_rtt_ms) - target.jitter_ms) / 16;
  target.last_rtt_ms = rtt_ms;
}

void Shard::after_answer(std::uint32_t slot) {
  const auto& target = table_[slot];
  if (target.answered() < target.next_packet) return;
  if (target.phase == Phase::waiting) return close_round(slot);
  if (target.phase != Phase::patience) return;
  if (target.received == target.next_packet) return close_round(slot);
  wheel_.schedule(slot, now_.steady);  // one of the first is late or came back as an error: send the rest
}

void Shard::on_error(ChannelIndex channel, const Incoming& packet) {
  const auto quote = channels_[static_cast<std::size_t>(channel)].codec->read_quote(packet);
  // Raw sockets see the errors of every program's pings: what is not ours is not even stray.
  if (quote.verdict != Verdict::ours || quote.reason == OutcomeReason::none) return;
  table_.find(packet.from, [&](std::uint32_t slot) { return match_error(slot, channel, quote); });
}

bool Shard::match_error(std::uint32_t slot, ChannelIndex channel, const Quote& quote) {
  auto& target = table_[slot];
  if (!target.in_round() || channel_of(target) != channel || target.next_packet == 0) return false;
  const auto cells = table_.cells(target);
  std::uint32_t index = (quote.sequence - target.first_sequence) & quote.sequence_mask;
  if (quote.sequence_mask == 0) {  // nothing but the address: the oldest packet that is still open
    const auto open = std::find_if(cells.rtt.begin(), cells.rtt.begin() + target.next_packet, is_open);
    index = static_cast<std::uint32_t>(open - cells.rtt.begin());
  }
  if (index >= target.next_packet || !is_open(cells.rtt[index])) return false;
  cells.rtt[index] = kErrored;
  ++target.errors;
  ++stats_.errors;
  target.error = quote.reason;
  after_answer(slot);
  return true;
}

}  // namespace faultline::packet
