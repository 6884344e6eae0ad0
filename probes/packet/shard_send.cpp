// The half of a shard that sends: packets of the rounds in progress into batches, and what became of them.
#include "probes/packet/shard.h"

#include <algorithm>

namespace faultline::packet {
namespace {

constexpr Nanos kMillisecond = 1'000'000;
// How long a burst waits for its first packets before it decides that one is missing.
constexpr Nanos kBurstPatience = 500 * kMillisecond;
// After a stop everything is due at once: no more than this in one tick.
constexpr std::uint32_t kMostPacketsATick = 1024;

Nanos nanos(Duration d) {
  return std::chrono::nanoseconds(d).count();
}

OutcomeReason send_reason(SendStatus status) {
  return status == SendStatus::no_route ? OutcomeReason::no_route : OutcomeReason::send_failed;
}

}  // namespace

Nanos Shard::due(std::uint32_t slot, std::uint16_t packet) const {
  const auto& target = table_[slot];
  if (!target.on_demand) return target.round_start + packet * settings(target).spacing;
  const auto& burst = bursts_[slot];
  const auto spacing = nanos(burst.plan.spacing);
  if (burst.extended_at == 0 || packet < burst.plan.first) return target.round_start + packet * spacing;
  return burst.extended_at + (packet - burst.plan.first) * spacing;
}

void Shard::send_next(std::uint32_t slot) {
  auto& target = table_[slot];
  const auto channel_index = channel_of(target);
  const auto lag = now_.steady - due(slot, target.next_packet);
  if (channel_index == kNoChannel) target.taint = OutcomeReason::send_failed;
  if (lag > kLongestLag) target.taint = OutcomeReason::engine_late;
  if (target.taint != OutcomeReason::none) return close_round(slot);
  if (sent_this_tick_ >= kMostPacketsATick || !pacer_.admit(target.address, now_.steady))
    return wheel_.schedule(slot, now_.steady + kMillisecond);

  auto& channel = channels_[static_cast<std::size_t>(channel_index)];
  auto& packet = channel.batch.emplace_back();
  packet.to = target.address;
  packet.settings = settings(target).values.get();
  packet.slot = slot;
  packet.sequence = target.first_sequence + target.next_packet;
  channel.codec->write(packet, slot, packet.sequence, now_.wall);
  const auto cells = table_.cells(target);
  cells.sent[target.next_packet] = kNotSent;
  cells.rtt[target.next_packet] = kPending;
  ++target.next_packet;
  ++sent_this_tick_;
  if (target.next_packet < target.planned)
    wheel_.schedule(slot, due(slot, target.next_packet));
  else if (target.on_demand && bursts_[slot].extended_at == 0 && bursts_[slot].plan.total > target.planned)
    target.phase = Phase::patience;
  else
    target.phase = Phase::waiting;
  if (channel.batch.size() == kBatch) flush(channel);
}

void Shard::flush(Channel& channel) {
  if (channel.batch.empty()) return;
  channel.io->send(channel.batch);
  for (const auto& packet : channel.batch) {
    if (packet.status == SendStatus::sent) {
      note_sent(packet);
    } else {
      ++stats_.unsent;
      failures_.push_back({packet.slot, packet.sequence, send_reason(packet.status)});
    }
  }
  channel.batch.clear();
}

void Shard::note_sent(const Outgoing& packet) {
  auto& target = table_[packet.slot];
  const auto index = static_cast<std::uint16_t>(packet.sequence - target.first_sequence);
  const auto since_start = std::max<Nanos>(0, packet.sent_at - target.round_start);
  const auto cells = table_.cells(target);
  cells.sent[index] = static_cast<std::uint32_t>(since_start / kCellUnit);
  if (!packet.time_certain) cells.rtt[index] = kPendingUntimed;
  ++target.sent;
  ++stats_.sent;
  note_lag(packet.sent_at - due(packet.slot, index));
  auto& busy_until = channels_[static_cast<std::size_t>(channel_of(target))].busy_until;
  busy_until = std::max(busy_until, packet.sent_at + settings(target).longest_wait);
  if (target.next_packet != index + 1) return;
  const auto timeout = settings(target).timeout;
  if (target.phase == Phase::waiting) wheel_.schedule(packet.slot, packet.sent_at + timeout);
  if (target.phase == Phase::patience)
    wheel_.schedule(packet.slot, packet.sent_at + std::min(timeout, kBurstPatience));
}

void Shard::note_lag(Nanos lag) {
  const auto microseconds = static_cast<std::uint64_t>(std::max<Nanos>(0, lag) / 1000);
  std::size_t bucket = 0;
  while (bucket < EngineStats::kLagBounds_us.size() && microseconds >= EngineStats::kLagBounds_us[bucket])
    ++bucket;
  ++stats_.lag_counts[bucket];
  stats_.lag_sum_us += microseconds;
  stats_.lag_max_us = std::max(stats_.lag_max_us, microseconds);
}

void Shard::give_up_failed() {
  for (const auto& failure : failures_) {
    auto& target = table_[failure.slot];
    const bool current = target.in_round() && failure.sequence - target.first_sequence < target.next_packet;
    if (!current) continue;  // given up for an earlier packet already
    target.taint = failure.reason;
    close_round(failure.slot);
  }
  failures_.clear();
}

}  // namespace faultline::packet
