#include "rules/detect/counts.h"

#include <algorithm>
#include <cmath>

namespace faultline::detect {

bool is_valid(const Round& round) {
  if (round.outcome == Outcome::not_measured || round.outcome == Outcome::malformed) return false;
  switch (round.reason) {
    case OutcomeReason::no_route:
    case OutcomeReason::name_unresolved:
    case OutcomeReason::engine_late:
    case OutcomeReason::queue_dropped:
    case OutcomeReason::send_failed:
    case OutcomeReason::device_gone:
    case OutcomeReason::cancelled:
      return false;
    default:
      return true;
  }
}

Counts counts_of(const Round& round) {
  const PacketCounts& packets = round.packets;
  if (packets.sent == 0) {
    const bool answered = round.outcome == Outcome::ok || round.outcome == Outcome::partial;
    return {1, answered ? 0U : 1U};
  }
  const std::uint32_t back = std::uint32_t{packets.received} + packets.late;
  return {packets.sent, packets.sent > back ? packets.sent - back : 0};
}

CountTable::CountTable(const CountRules& rules) : good_ratio_(rules.good_ratio) {
  for (std::size_t i = 0; i < kLevels; ++i) {
    const double p0 = std::min(0.9, rules.good_ratio * std::exp2(static_cast<double>(i) / 4));
    const auto bad = [&](double least, double factor) {
      return std::clamp(factor * p0, std::max(least, p0 * 1.0001), 0.99);
    };
    const double fast = bad(rules.fast_ratio, rules.fast_factor);
    const double grey = bad(rules.grey_ratio, rules.grey_factor);
    levels_[i] = {std::log(fast / p0), std::log((1 - fast) / (1 - p0)), std::log(grey / p0),
                  std::log((1 - grey) / (1 - p0))};
  }
}

Increments CountTable::increments(Counts counts, double usual) const {
  std::size_t level = 0;
  if (usual > good_ratio_)
    level = std::min(kLevels - 1, static_cast<std::size_t>(4 * std::log2(usual / good_ratio_)));
  const Weights& w = levels_[level];
  const double lost = counts.lost, received = counts.sent - counts.lost;
  return {lost * w.fast_lost + received * w.fast_received, lost * w.grey_lost + received * w.grey_received};
}

double usual_ratio(const ProbeTrack& track, std::size_t block) {
  if (track.usual[block] >= 0) return track.usual[block];
  return std::max(0.0F, *std::max_element(track.usual.begin(), track.usual.end()));
}

void learn_ratio(ProbeTrack& track, std::size_t block, Counts counts, double rate) {
  const double usual = usual_ratio(track, block);
  track.usual[block] = static_cast<float>(usual + rate * (counts.ratio() - usual));
}

void add_counts(ProbeTrack& track, Counts counts, Increments increments, const CountRules& rules,
                Timestamp started) {
  // Without a ceiling a long fault would have to be paid back packet by packet.
  const auto add = [](float statistic, double nats, double cap, double ceiling) {
    return static_cast<float>(std::clamp(statistic + std::min(cap, nats), 0.0, ceiling));
  };
  const float before = track.fast;
  const bool was_grey_quiet = track.grey == 0;
  track.fast = add(track.fast, increments.fast, rules.fast_cap,
                   2 * std::max(rules.fast_threshold, rules.unverified_threshold));
  track.grey = add(track.grey, increments.grey, rules.grey_cap, 2 * rules.grey_threshold);
  if (was_grey_quiet) track.grey_s = to_s(started);
  // A round that says more than all before it is where the loss began; what was before was noise.
  if (before == 0 || track.fast > 2 * before) {
    track.onset_us = to_us(started);
    track.lost = track.sent = 0;
  }
  track.lost += counts.lost;
  track.sent += counts.sent;
}

void add_evidence(ProbeTrack& track, double nats, bool in_trouble, const EvidenceRules& rules) {
  double before = track.evidence;
  if (!in_trouble && track.fast == 0) before = nats > 0 ? 0 : std::min(before, 0.0);
  track.evidence = static_cast<float>(std::clamp(before + nats, rules.lowest, rules.highest));
}

}  // namespace faultline::detect
