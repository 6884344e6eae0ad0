#include "probes/packet/shard.h"

#include <algorithm>

namespace faultline::packet {
namespace {

constexpr Nanos kMillisecond = 1'000'000;
constexpr Nanos kSecond = 1'000'000'000;
constexpr Nanos kDeliverEvery = 10 * kMillisecond;
constexpr std::size_t kMostGathered = 1000;
constexpr Nanos kHousekeepingEvery = kSecond / 4;

Nanos nanos(Duration d) {
  return std::chrono::nanoseconds(d).count();
}

}  // namespace

Shard::Shard(const EngineOptions& options, RoundSink sink, wire::SipKey key, Now now)
    : sink_(std::move(sink)),
      late_sink_(options.late_sink),
      table_(key.k0),
      wheel_(now.steady),
      pacer_(options.packets_per_prefix_ms),
      bursts_(options.bursts_at_once),
      now_(now),
      drained_at_(now.steady),
      kept_house_at_(now.steady),
      burst_slots_(options.bursts_at_once),
      key_(key) {
  replies_.reserve(kBatch);
  table_.resize(burst_slots_);
  wheel_.resize(burst_slots_);
  for (std::uint32_t slot = burst_slots_; slot-- > 0;) free_bursts_.push_back(slot);
}

ChannelIndex Shard::add_channel(std::unique_ptr<PacketIo> io, std::unique_ptr<PacketCodec> codec) {
  Channel channel{.io = std::move(io), .codec = std::move(codec), .batch = {}};
  channel.batch.reserve(kBatch);
  channels_.push_back(std::move(channel));
  stats_.sockets = channels_.size();
  return static_cast<ChannelIndex>(channels_.size() - 1);
}

void Shard::add_settings(const std::shared_ptr<const PacketSettings>& values, ChannelChoice channels) {
  settings_.push_back({.values = values,
                       .channels = channels,
                       .interval = nanos(values->interval),
                       .spacing = nanos(values->spacing),
                       .timeout = nanos(values->timeout),
                       .late_horizon = nanos(values->late_horizon),
                       .longest_wait = nanos(std::max(values->timeout, values->late_horizon))});
  // An interval longer, so that an answer to the round before is a duplicate only if it had been answered.
  remember_lost_ = std::max(remember_lost_, nanos(values->late_horizon + values->interval));
}

void Shard::reserve(std::uint32_t slots, std::size_t packets) {
  table_.reserve(slots, packets);
  wheel_.reserve(slots);
}

void Shard::add(std::uint32_t slot, const NewTarget& target, Nanos now) {
  if (slot >= table_.size()) {
    table_.resize(slot + 1);
    wheel_.resize(slot + 1);
  }
  const auto& values = settings_[target.settings];
  auto& state = table_[slot];
  table_.occupy(slot, values.values->packets);
  state.endpoint = target.endpoint;
  state.settings = target.settings;
  state.first_sequence = target.first_sequence;
  state.phase = Phase::idle;
  state.next_start = target.first_start;
  if (state.next_start < now)
    state.next_start += ((now - state.next_start) / values.interval + 1) * values.interval;
  table_.set_address(slot, target.address ? &*target.address : nullptr);
  schedule_start(slot);
  ++stats_.targets;
}

void Shard::remove(std::uint32_t slot) {
  if (table_[slot].in_round()) --open_rounds_;
  wheel_.cancel(slot);
  table_.vacate(slot);
  --stats_.targets;
}

void Shard::set_address(std::uint32_t slot, const std::optional<IpAddress>& address) {
  auto& target = table_[slot];
  if (target.has_address == address.has_value() && (!address || *address == target.address)) return;
  if (target.in_round()) {
    target.taint = OutcomeReason::cancelled;
    close_round(slot);
  }
  target.previous_count = 0;  // its replies would come from another address
  target.reflector = {};
  table_.set_address(slot, address ? &*address : nullptr);
}

void Shard::burst(std::uint32_t parent_slot, const BurstPlan& plan) {
  auto& parent = table_[parent_slot];
  if (parent.bursting) return;
  auto shown = parent;
  shown.on_demand = true;
  if (!parent.has_address) return emit_unmeasured(shown, OutcomeReason::name_unresolved);
  if (free_bursts_.empty()) {
    ++stats_.bursts_refused;
    return emit_unmeasured(shown, OutcomeReason::cancelled);
  }
  const auto slot = free_bursts_.back();
  free_bursts_.pop_back();
  parent.bursting = true;
  bursts_[slot] = {.parent = parent_slot, .plan = plan};
  auto& target = table_[slot];
  table_.occupy(slot, std::max(plan.total, plan.first));
  target.endpoint = shown.endpoint;
  target.settings = shown.settings;
  target.on_demand = true;
  target.phase = Phase::idle;
  target.first_sequence = static_cast<std::uint32_t>(wire::siphash_2_4(key_, stats_.bursts, slot));
  target.next_start = now_.steady;
  table_.set_address(slot, &shown.address);
  wheel_.schedule(slot, now_.steady);
  ++stats_.bursts;
}

void Shard::tick(Now now) {
  if (now.steady - now_.steady > kLongestLag) {
    stalled_at_ = now.steady;
    ++stats_.stalls;
  }
  now_ = now;
  sent_this_tick_ = 0;
  drain();
  wheel_.expire(
      now.steady, [this](std::uint32_t slot) { fire(slot); },
      [this](std::uint32_t slot) { table_.prefetch(slot); },
      [this](std::uint32_t slot) { table_.prefetch_cells(slot); });
  for (auto& channel : channels_) flush(channel);
  give_up_failed();
  keep_house();
  deliver();
}

// The receiver wakes up for each delivery, which costs more than the rounds themselves: when they come thick
// and fast, some are gathered.
void Shard::deliver() {
  if (rounds_.empty() && late_.empty()) return;
  if (now_.steady - delivered_at_ < kDeliverEvery && rounds_.size() < kMostGathered) return;
  delivered_at_ = now_.steady;
  if (!rounds_.empty()) sink_(rounds_);
  rounds_.clear();
  // After the rounds: a late answer may concern one of them.
  if (!late_.empty() && late_sink_) late_sink_(late_);
  late_.clear();
}

Nanos Shard::next_tick() const {
  // Kernel time stamps keep the accuracy while answers wait in the socket.
  const bool is_waited_for = open_rounds_ > 0 || !rounds_.empty() || !late_.empty();
  const auto longest = is_waited_for ? 10 * kMillisecond : 100 * kMillisecond;
  // Just after a grid line of the wheel: whoever looks in between finds nothing new due.
  return std::max(wheel_.next_due(now_.steady + longest), (now_.steady / Wheel::kGrid + 1) * Wheel::kGrid);
}

void Shard::keep_house() {
  if (now_.steady - kept_house_at_ < kHousekeepingEvery) return;
  kept_house_at_ = now_.steady;
  lost_.forget(now_.steady - remember_lost_);
  stats_.bytes = table_.bytes() + wheel_.bytes() + lost_.bytes();
}

void Shard::fire(std::uint32_t slot) {
  switch (table_[slot].phase) {
    case Phase::vacant:
      return;
    case Phase::idle:
      return start_due(slot);
    case Phase::sending:
      return send_next(slot);
    case Phase::patience:
      return extend_burst(slot);
    case Phase::waiting:
      return close_due(slot);
  }
}

void Shard::start_due(std::uint32_t slot) {
  auto& target = table_[slot];
  const auto& values = settings(target);
  const auto start = target.next_start;
  if (target.on_demand) return begin_round(slot, now_.steady, bursts_[slot].plan.first);
  target.next_start += values.interval;
  const auto lag = now_.steady - start;
  if (lag > std::min(kLongestLag, values.interval / 2)) {
    target.next_start += lag / values.interval * values.interval;
    emit_unmeasured(target, OutcomeReason::engine_late);
    return schedule_start(slot);
  }
  if (!target.has_address) {
    emit_unmeasured(target, OutcomeReason::name_unresolved);
    return schedule_start(slot);
  }
  begin_round(slot, start, values.values->packets);
}

void Shard::begin_round(std::uint32_t slot, Nanos start, std::uint16_t packets) {
  auto& target = table_[slot];
  target.round_start = start;
  target.planned = packets;
  target.phase = Phase::sending;
  ++open_rounds_;
  send_next(slot);
}

void Shard::extend_burst(std::uint32_t slot) {
  auto& target = table_[slot];
  bursts_[slot].extended_at = now_.steady;
  target.planned = bursts_[slot].plan.total;
  target.phase = Phase::sending;
  send_next(slot);
}

void Shard::close_due(std::uint32_t slot) {
  // A reply that arrived in time may still stand in the socket: no verdict before it has been read.
  if (drained_at_ < now_.steady) {
    wheel_.schedule(slot, now_.steady + kMillisecond);
    return;
  }
  close_round(slot);
}

void Shard::close_round(std::uint32_t slot) {
  auto& target = table_[slot];
  const auto cells = table_.cells(target);
  const auto& values = settings(target);
  const auto channel = channel_of(target);
  if (target.taint == OutcomeReason::none && target.answered() < target.sent) {
    const auto dropped_at = channels_[static_cast<std::size_t>(channel)].dropped_at;
    if (dropped_at >= target.round_start) target.taint = OutcomeReason::queue_dropped;
    if (stalled_at_ >= target.round_start) target.taint = OutcomeReason::engine_late;
  }
  emit(builder_.build(target, cells, values.values->kind, wall(target.round_start), wall(now_.steady)));
  --open_rounds_;
  wheel_.cancel(slot);
  if (target.on_demand) return end_burst(slot);
  for (std::uint16_t i = 0; i < target.next_packet; ++i)
    if (is_open(cells.rtt[i]) && cells.sent[i] != kNotSent)
      lost_.add({.sent_at = target.round_start + static_cast<Nanos>(cells.sent[i]) * kCellUnit,
                 .since_start = cells.sent[i],
                 .endpoint = target.endpoint,
                 .slot = slot,
                 .sequence = target.first_sequence + i});
  forget_round(target);
  schedule_start(slot);
}

void Shard::forget_round(Target& target) {
  const auto& track = target.reflector;
  const bool whole = track.seen && track.last_packet + 1 == target.next_packet;
  const bool anchored = whole && target.taint == OutcomeReason::none;
  target.reflector = {.anchor = track.last, .anchored = anchored};
  target.previous_count = target.next_packet;
  target.first_sequence += target.next_packet;
  target.next_packet = target.sent = target.received = target.late = 0;
  target.duplicates = target.reordered = target.errors = target.highest = 0;
  target.taint = target.error = OutcomeReason::none;
  target.phase = Phase::idle;
}

void Shard::end_burst(std::uint32_t slot) {
  auto& parent = table_[bursts_[slot].parent];
  if (parent.phase != Phase::vacant && parent.endpoint == table_[slot].endpoint) parent.bursting = false;
  table_.vacate(slot);
  free_bursts_.push_back(slot);
}

void Shard::schedule_start(std::uint32_t slot) {
  wheel_.schedule(slot, table_[slot].next_start);
}

void Shard::emit(const Round& round) {
  ++stats_.rounds;
  if (round.outcome == Outcome::not_measured) ++stats_.rounds_not_measured;
  rounds_.push_back(round);
}

void Shard::emit_unmeasured(const Target& target, OutcomeReason reason) {
  emit(unmeasured_round(target, settings(target).values->kind, reason, wall(now_.steady)));
}

Timestamp Shard::wall(Nanos steady) const {
  const std::chrono::nanoseconds at(now_.wall - (now_.steady - steady));
  return Timestamp(std::chrono::floor<Duration>(at));
}

}  // namespace faultline::packet
