#include "probes/packet/round_builder.h"

#include <algorithm>
#include <cmath>

namespace faultline::packet {
namespace {

constexpr double kUnitsPerMillisecond = 1e6 / kCellUnit;

float milliseconds(std::uint32_t units) {
  return static_cast<float>(units / kUnitsPerMillisecond);
}

// Nearest rank.
std::uint32_t quantile(const std::vector<std::uint32_t>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

float median(const std::vector<std::uint32_t>& sorted) {
  const auto middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return milliseconds(sorted[middle]);
  return (milliseconds(sorted[middle - 1]) + milliseconds(sorted[middle])) / 2;
}

Outcome all_failed(OutcomeReason error) {
  if (error == OutcomeReason::none) return Outcome::lost;
  return error == OutcomeReason::port_unreachable ? Outcome::refused : Outcome::unreachable;
}

// Splits the losses between the first and the last answered packet (with the packet just before the round as
// an anchor, if it was answered) by the reflector's own counter. What was lost after the last answer cannot
// be told apart yet and is in neither.
void split_losses(const Target& target, PacketCounts& counts) {
  const auto& track = target.reflector;
  if (!track.seen || !track.counts_itself) return;
  const std::int64_t travelled =
      track.anchored ? track.last_packet + 1 : track.last_packet - track.first_packet;
  const std::int64_t reflected =
      static_cast<std::int32_t>(track.last - (track.anchored ? track.anchor : track.first));
  const std::int64_t answered = target.received + target.late - (track.anchored ? 0 : 1);
  const auto forward = travelled - reflected;
  const auto backward = reflected - answered;
  if (forward < 0 || backward < 0) return;  // reordered under way, restarted, or shared with another sender
  counts.lost_forward = static_cast<std::int16_t>(forward);
  counts.lost_backward = static_cast<std::int16_t>(backward);
}

}  // namespace

RttSummary RoundBuilder::summary(const Target& target, const Cells& cells) {
  sorted_.clear();
  for (std::size_t i = 0; i < target.next_packet; ++i)
    if (is_time(cells.rtt[i])) sorted_.push_back(cells.rtt[i]);
  RttSummary rtt;
  if (sorted_.empty()) return rtt;
  std::sort(sorted_.begin(), sorted_.end());
  rtt.minimum_ms = milliseconds(sorted_.front());
  rtt.median_ms = median(sorted_);
  rtt.p95_ms = milliseconds(quantile(sorted_, 0.95));
  rtt.maximum_ms = milliseconds(sorted_.back());
  rtt.ipdv_ms = rtt.p95_ms - rtt.minimum_ms;
  rtt.jitter_ms = target.jitter_ms;
  const auto& track = target.reflector;
  if (track.one_way_count == 0) return rtt;
  const auto forward = track.forward_sum_ms / static_cast<float>(track.one_way_count);
  const auto backward = track.backward_sum_ms / static_cast<float>(track.one_way_count);
  if (forward < 0 || backward < 0) return rtt;  // a clock that lies, not a fast network
  rtt.forward_delay_ms = forward;
  rtt.backward_delay_ms = backward;
  return rtt;
}

Round RoundBuilder::build(const Target& target, const Cells& cells, ProbeKindIndex kind, Timestamp started,
                          Timestamp finished) {
  auto round = unmeasured_round(target, kind, target.taint, finished);
  round.started = started;
  round.packets = {.sent = target.sent,
                   .received = target.received,
                   .late = target.late,
                   .duplicates = target.duplicates,
                   .reordered = target.reordered};
  if (target.taint != OutcomeReason::none) return round;
  round.rtt = summary(target, cells);
  split_losses(target, round.packets);
  const bool complete = target.received == target.sent;
  round.outcome = complete              ? Outcome::ok
                  : target.received > 0 ? Outcome::partial
                  : target.late > 0     ? Outcome::partial
                                        : all_failed(target.error);
  round.reason = complete ? OutcomeReason::none : target.error;
  return round;
}

Round unmeasured_round(const Target& target, ProbeKindIndex kind, OutcomeReason reason, Timestamp at) {
  Round round;
  round.started = at;
  round.finished = at;
  round.endpoint = target.endpoint;
  round.probe = kind;
  round.outcome = Outcome::not_measured;
  round.reason = reason;
  round.on_demand = target.on_demand;
  return round;
}

}  // namespace faultline::packet
