#include "rules/detect/detector_impl.h"

#include <algorithm>
#include <cmath>

namespace faultline::detect {
namespace {

// What a round says of a trouble: nothing, good or bad.
enum class Word : std::uint8_t { silent, good, bad };

bool loses_little(Counts counts, const RecoveryRules& rules) {
  return counts.lost <= rules.lost_packets && counts.ratio() <= rules.loss_ratio;
}

Word word_of_counts(const Trouble& trouble, const Reading& reading, bool disputed, const DetectRules& rules) {
  const bool same_kind = trouble.is_packet && reading.track->is_packet;
  const bool same_probe = trouble.probe == kAnyProbe || trouble.probe == reading.track->probe;
  if (disputed || !(same_kind || same_probe)) return Word::silent;
  const bool is_good = trouble.respect == Respect::reachability
                           ? reading.counts.ratio() < rules.counts.hard_ratio
                           : loses_little(reading.counts, rules.recovery);
  return is_good ? Word::good : Word::bad;
}

// Inside the usual band; without one, inside the limit with a margin.
bool is_good_value(const ReadValue& v, const RecoveryRules& rules) {
  // What deviates too little to matter is no reason to stay bad, however quiet the line usually is.
  if (v.usual.exists) return v.score.z < rules.score || v.score.is_small;
  if (!v.rule->critical) return true;
  const double margin = rules.limit_margin * std::abs(*v.rule->critical);
  return v.rule->bad == BadDirection::high ? v.value <= *v.rule->critical - margin
                                           : v.value >= *v.rule->critical + margin;
}

Word word_of_values(const Trouble& trouble, const Reading& reading, const DetectRules& rules) {
  if (trouble.probe != kAnyProbe && trouble.probe != reading.track->probe) return Word::silent;
  Word word = Word::silent;
  for (const ReadValue& v : reading.read_values()) {
    if (v.rule->respect != trouble.respect) continue;
    if (!is_good_value(v, rules.recovery)) return Word::bad;
    word = Word::good;
  }
  return word;
}

// Not only worse than a good round, but such as a good path does not show.
bool is_beyond_doubt(const Trouble& trouble, const Reading& reading, const DetectRules& rules) {
  if (trouble.respect == Respect::reachability || trouble.respect == Respect::loss)
    return reading.increments.fast >= rules.burst.confirm_nats;
  const auto values = reading.read_values();
  return std::any_of(values.begin(), values.end(), [&](const ReadValue& v) {
    return v.rule->respect == trouble.respect && is_far_out(v, rules);
  });
}

bool is_counted(Respect respect) {
  return respect == Respect::reachability || respect == Respect::loss;
}

// What the round's counts say for the run going on, nats: against the loss that the trouble has had so far.
// Ten packets that all arrive say little against a loss of 20 %, and all against one of 80 %.
double run_nats_of_counts(const Trouble& trouble, const Reading& reading, const DetectRules& rules) {
  if (trouble.sent == 0 || reading.increments.fast >= 0) return reading.increments.fast;
  const double good = std::clamp(reading.usual_ratio, rules.counts.good_ratio, 0.5);
  const double bad = std::min(0.95, static_cast<double>(trouble.lost) / static_cast<double>(trouble.sent));
  if (bad <= good) return reading.increments.fast;
  const double received = reading.counts.sent - reading.counts.lost;
  return std::min(reading.increments.fast,
                  reading.counts.lost * std::log(bad / good) + received * std::log((1 - bad) / (1 - good)));
}

// And what its values say: back in the band after having been far out ends the run, after less two such
// rounds do.
double run_nats_of_values(const Trouble& trouble, Word word, const BurstRules& rules) {
  if (word == Word::good)
    return trouble.shown_score >= 2 * rules.score ? -rules.run_nats : -rules.run_nats / 2;
  return trouble.is_shown ? rules.run_nats : 0;
}

// How much longer the present run of bad rounds is believed in.
void extend_run(Trouble& trouble, const Reading& reading, Word word, const DetectRules& rules) {
  const double nats = is_counted(trouble.respect) ? run_nats_of_counts(trouble, reading, rules)
                                                  : run_nats_of_values(trouble, word, rules.burst);
  if (trouble.run <= 0 && nats > 0) {
    trouble.run_since = reading.finished;
    trouble.shown_score = 0;
  }
  trouble.run = static_cast<float>(std::clamp(trouble.run + nats, 0.0, rules.burst.run_nats));
}

bool shows_far_value(const Reading& reading, const DetectRules& rules) {
  const auto values = reading.read_values();
  return std::any_of(values.begin(), values.end(),
                     [&](const ReadValue& v) { return v.rule->verified_by_burst && is_far_out(v, rules); });
}

void clear_counts(ProbeTrack& track) {
  track.fast = track.grey = 0;
  track.breaches = 0;
  track.lost = track.sent = 0;
  track.evidence = std::min(track.evidence, 0.0F);
}

void note_moved(Trouble& trouble, const Reading& reading, const RecoveryRules& rules) {
  for (const ReadValue& v : reading.read_values()) {
    if (v.rule->respect != trouble.respect || !std::isfinite(v.x) || is_good_value(v, rules)) continue;
    auto moved = std::find_if(trouble.moved.begin(), trouble.moved.end(), [&](const Moved& m) {
      return m.metric == v.metric->metric && m.probe == reading.track->probe;
    });
    if (moved == trouble.moved.end()) {
      moved = trouble.moved.emplace(trouble.moved.end());
      moved->metric = v.metric->metric;
      moved->probe = reading.track->probe;
    }
    moved->latest[moved->count++ % Moved::kLatest] = static_cast<float>(v.x);
  }
}

double median_of(const Moved& moved) {
  std::array<float, Moved::kLatest> values = moved.latest;
  const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(moved.count, Moved::kLatest));
  std::nth_element(values.begin(), values.begin() + count / 2, values.begin() + count);
  return values[static_cast<std::size_t>(count / 2)];
}

// Numbers for the evidence in words.
void update_numbers(Trouble& trouble, const Reading& reading) {
  if (is_counted(trouble.respect)) {
    trouble.lost += reading.counts.lost;
    trouble.sent += reading.counts.sent;
    return;
  }
  for (const ReadValue& v : reading.read_values()) {
    if (v.metric->metric != trouble.metric || v.rule->respect != trouble.respect) continue;
    trouble.value = v.value;
    trouble.shown_score = std::max(trouble.shown_score, static_cast<float>(v.score.z));
  }
}

}  // namespace

void Detector::Impl::judge(std::uint32_t e, const Reading& reading, Events& out) {
  const bool was_bad = states[e].inner == HealthState::bad;
  if (was_bad) follow(e, reading, out);
  if (!reading.is_scheduled) {
    give_verdict(e, reading, out);
  } else {
    believe_without_burst(e, reading, out);
  }
  EndpointState& state = states[e];
  if (state.inner == HealthState::ok && !was_bad) suspect(e, reading, out);
  if (state.inner != HealthState::suspect) return;
  const bool is_over =
      !(reading.is_scheduled && shows_far_value(reading, *rules)) && !is_still_suspect(e, reading.finished);
  if (is_over) {
    state.inner = HealthState::ok;
    state.burst_tries = 0;
  }
}

bool Detector::Impl::is_fresh(const ProbeTrack& track, Timestamp now) const {
  const double interval = track.interval_s > 0 ? static_cast<double>(track.interval_s)
                                               : to_seconds(rules->missing.first_interval);
  return static_cast<double>(to_us(now) - track.started_us) / 1e6 <=
         (rules->missing.intervals + 1) * interval;
}

// Everything lost by one packet probe while another one of the endpoint has been answered since: the
// endpoint is there, only that probe's other side is not (a dead reflector, filtered echo).
bool Detector::Impl::is_disputed(std::uint32_t e, const ProbeTrack& track, Timestamp now) const {
  if (!track.is_packet || !track.all_lost) return false;
  bool disputed = false;
  each_track(e, [&](const ProbeTrack& other) {
    disputed = &other != &track && other.is_packet && !other.all_lost && is_fresh(other, now) &&
               other.started_us > track.all_lost_us && other.fast < rules->counts.fast_threshold;
    return !disputed;
  });
  return disputed;
}

bool Detector::Impl::counts_are_suspect(std::uint32_t e, const ProbeTrack& track, Timestamp now) const {
  if (!track.is_packet) return false;  // no burst of packets can verify a session
  const bool is_loud = track.fast >= rules->counts.fast_threshold ||
                       track.grey >= rules->counts.grey_threshold || track.all_lost ||
                       (is_breached(track.breaches, rules->limit) && !track.chronic);
  return is_loud && !is_disputed(e, track, now);
}

bool Detector::Impl::is_still_suspect(std::uint32_t e, Timestamp now) const {
  const Technology technology = states[e].technology;
  bool suspect = false;
  each_track(e, [&](const ProbeTrack& track) {
    suspect = counts_are_suspect(e, track, now);
    for (std::size_t i = 0; i < track.metric_count && !suspect; ++i) {
      const ContinuousMetric& m = metrics[track.metrics[i]];
      const MetricRule& rule = rules->metric(technology, m.metric);
      suspect = rule.judged && rule.verified_by_burst &&
                (m.statistic >= rules->change.threshold ||
                 (is_breached(m.breaches, rules->limit) &&
                  (m.samples < rules->baseline.minimum_samples || m.score >= rules->recovery.score)));
    }
    return !suspect;
  });
  return suspect;
}

// From ok to suspect, if this round gives a reason and a burst may be asked for. A value far out does not
// wait for the next round: a burst is cheap.
void Detector::Impl::suspect(std::uint32_t e, const Reading& reading, Events& out) {
  const ProbeTrack& track = *reading.track;
  EndpointState& state = states[e];
  std::int64_t onset = INT64_MAX;
  if (counts_are_suspect(e, track, reading.finished))
    onset = track.fast > 0 ? track.onset_us : std::int64_t{track.grey_s} * 1'000'000;
  for (const ReadValue& v : reading.read_values()) {
    if (!v.rule->verified_by_burst) continue;
    const bool limit = is_breached(v.metric->breaches, rules->limit) && v.is_outside(rules->recovery);
    if (limit || v.metric->statistic >= rules->change.threshold)
      onset = std::min(onset, std::int64_t{v.metric->rising_s} * 1'000'000);
    else if (is_far_out(v, *rules))
      onset = std::min(onset, to_us(reading.started));
  }
  if (onset == INT64_MAX) return;

  const std::int64_t now = to_us(reading.finished);
  const std::int64_t spacing = rules->burst.spacing.count(), longest = rules->burst.longest_spacing.count();
  const std::int64_t since = now - state.asked_us;
  if (since > 2 * longest) state.clean_bursts = 0;
  const std::int64_t wait =
      track.all_lost ? spacing : std::min(longest, spacing << std::min<unsigned>(state.clean_bursts, 16));
  if (since >= 0 && since < wait) return;  // negative: the clock was set back
  state.inner = HealthState::suspect;
  state.burst_tries = 1;
  state.asked_us = now;
  healths[e].onset = from_us(onset);
  suspects.push_back(e);
  if (Week& week = week_at(state.past, reading.finished); week.suspicions < UINT8_MAX) ++week.suspicions;
  out.push_back({EventKind::suspicion, EndpointIndex{e}, std::nullopt});
}

// What no burst can verify, or none came for, is believed at the higher thresholds.
void Detector::Impl::believe_without_burst(std::uint32_t e, const Reading& reading, Events& out) {
  const ProbeTrack& track = *reading.track;
  const EndpointState& state = states[e];
  const bool gave_up = state.inner == HealthState::suspect && state.burst_tries > rules->burst.tries;
  if ((!track.is_packet || gave_up) && reading.counts.lost > 0 &&
      track.fast >= rules->counts.unverified_threshold && !is_disputed(e, track, reading.finished)) {
    const bool hard = reading.counts.ratio() >= rules->counts.hard_ratio;
    become_bad(e, trouble_of_counts(reading, hard ? Respect::reachability : Respect::loss), reading.finished,
               out);
  }
  for (const ReadValue& v : reading.read_values()) {
    if (v.rule->verified_by_burst && !gave_up) continue;
    if (!v.is_outside(rules->recovery)) continue;  // what is over is not begun again
    if ((v.breaches && is_breached(v.metric->breaches, rules->limit)) ||
        v.metric->statistic >= rules->change.unverified_threshold)
      become_bad(e, trouble_of_value(reading, v), reading.finished, out);
  }
}

void Detector::Impl::give_verdict(std::uint32_t e, const Reading& reading, Events& out) {
  const Counts counts = reading.counts;
  float backing = reading.fast_before;
  each_track(e, [&](const ProbeTrack& track) {
    if (track.is_packet && &track != reading.track && !is_disputed(e, track, reading.finished))
      backing = std::max(backing, track.fast);
    return true;
  });
  const bool lossy =
      counts.lost >= rules->burst.lost_packets ||
      (counts.lost >= rules->burst.lost_packets_backed && backing > rules->burst.backed_statistic);
  bool is_bad = false;
  // More like the bad ratio than like what the path usually loses.
  if (reading.is_burst && lossy && reading.increments.fast > 0 &&
      !is_disputed(e, *reading.track, reading.finished)) {
    const bool hard = counts.ratio() >= rules->counts.hard_ratio;
    become_bad(e, trouble_of_counts(reading, hard ? Respect::reachability : Respect::loss), reading.finished,
               out);
    is_bad = true;
  }
  for (const ReadValue& v : reading.read_values()) {
    if (!v.rule->verified_by_burst || !is_far_out(v, *rules)) continue;
    become_bad(e, trouble_of_value(reading, v), reading.finished, out);
    is_bad = true;
  }
  if (is_bad || states[e].inner != HealthState::suspect) return;
  clear_measured(e, reading);
  if (is_still_suspect(e, reading.finished)) return;  // for another reason, which this could not re-measure
  states[e].inner = HealthState::ok;
  states[e].burst_tries = 0;
  states[e].clean_bursts = static_cast<std::uint8_t>(std::min(states[e].clean_bursts + 1, 16));
}

// What was measured again and is good starts from nothing: the loss of all packet probes, and its own values.
void Detector::Impl::clear_measured(std::uint32_t e, const Reading& reading) {
  for (std::uint32_t t = states[e].track; reading.is_burst && t != kNoBlock; t = tracks[t].next)
    if (tracks[t].is_packet) clear_counts(tracks[t]);
  for (const ReadValue& v : reading.read_values()) {
    if (!v.rule->verified_by_burst) continue;
    v.metric->statistic = 0;
    v.metric->breaches = 0;
  }
}

// What a burst can verify starts from nothing again.
void Detector::Impl::clear_suspicion(std::uint32_t e) {
  const Technology technology = states[e].technology;
  for (std::uint32_t t = states[e].track; t != kNoBlock; t = tracks[t].next) {
    ProbeTrack& track = tracks[t];
    if (track.is_packet) clear_counts(track);
    for (std::size_t i = 0; i < track.metric_count; ++i) {
      ContinuousMetric& m = metrics[track.metrics[i]];
      if (!rules->metric(technology, m.metric).verified_by_burst) continue;
      m.statistic = 0;
      m.breaches = 0;
    }
  }
  states[e].inner = HealthState::ok;
  states[e].burst_tries = 0;
}

void Detector::Impl::become_bad(std::uint32_t e, Trouble trouble, Timestamp now, Events& out) {
  EndpointState& state = states[e];
  std::vector<Trouble>& list = troubles[e];
  const auto known =
      std::find_if(list.begin(), list.end(), [&](const Trouble& t) { return t.respect == trouble.respect; });
  const bool is_first = state.inner != HealthState::bad;
  if (known != list.end()) {
    if (!known->is_well && !is_first) return;  // how it goes on is follow's business
    known->is_well = known->is_usual_now = false;
    known->is_shown = true;
    known->run = static_cast<float>(rules->burst.run_nats);
    known->run_since = now;
    known->good_rounds = 0;
  } else {
    trouble.run = static_cast<float>(rules->burst.run_nats);
    trouble.run_since = now;
    list.push_back(std::move(trouble));
  }
  state.inner = HealthState::bad;
  state.burst_tries = state.clean_bursts = 0;
  if (!state.is_flapping) {
    if (is_first) out.push_back({EventKind::became_bad, EndpointIndex{e}, std::nullopt});
    for (Trouble& t : list) {
      if (t.is_told) continue;
      t.is_told = true;
      out.push_back({EventKind::degradation_began, EndpointIndex{e}, degradation_of(e, t)});
    }
  }
  if (!is_first) return;
  add_penalty(e, now);
  if (Week& week = week_at(state.past, now); week.falls < UINT8_MAX) ++week.falls;
}

// What a probe alone said ends when the probe has been silent for too long (taken out of the profile, its
// device gone) while others go on.
void Detector::Impl::end_if_forgotten(std::uint32_t e, Trouble& trouble, Timestamp now) const {
  bool is_alive = false;
  each_track(e, [&](const ProbeTrack& track) {
    is_alive = (trouble.probe == kAnyProbe || track.probe == trouble.probe) &&
               to_us(now) - track.started_us <= rules->missing.forget.count();
    return !is_alive;
  });
  if (is_alive || now - trouble.confirmed <= rules->missing.forget) return;
  trouble.good_since = now;
  trouble.is_well = true;
}

// A level that stays for so long is no fault any more but how things are now (algorithms A.2): what has been
// outside its band is learnt anew from there, and the trouble ends.
void Detector::Impl::rebase_if_lasting(std::uint32_t e, Trouble& trouble, const Reading& reading,
                                       Events& out) {
  if (reading.is_burst || reading.finished - trouble.onset < rules->baseline.rebase_after) return;
  bool was_any = false;
  each_track(e, [&](const ProbeTrack& track) {
    for (const Moved& moved : trouble.moved) {
      if (moved.probe != track.probe) continue;
      for (std::size_t i = 0; i < track.metric_count; ++i) {
        ContinuousMetric& m = metrics[track.metrics[i]];
        if (m.metric != moved.metric || m.samples < rules->baseline.minimum_samples) continue;
        rebase(m, median_of(moved), reading.slot.block, rules->baseline);
        was_any = true;
      }
    }
    return true;
  });
  if (!was_any) return;
  trouble.is_well = trouble.is_usual_now = true;
  trouble.good_since = reading.finished;
  if (trouble.is_told)
    out.push_back({EventKind::baseline_shift, EndpointIndex{e}, degradation_of(e, trouble)});
}

// A round of a bad endpoint: each trouble goes on, or is on its way to its end.
void Detector::Impl::follow(std::uint32_t e, const Reading& reading, Events& out) {
  const bool disputed = is_disputed(e, *reading.track, reading.finished);
  const RecoveryRules& limits = rules->recovery;
  bool wants_loss = false, is_unreachable = false;
  for (Trouble& t : troubles[e]) {
    is_unreachable = is_unreachable || t.respect == Respect::reachability;
    if (t.is_well) continue;
    const Word word = is_counted(t.respect) ? word_of_counts(t, reading, disputed, *rules)
                                            : word_of_values(t, reading, *rules);

    if (word == Word::silent) {
      end_if_forgotten(e, t, reading.finished);
      continue;
    }
    t.is_shown = word == Word::bad && is_beyond_doubt(t, reading, *rules);
    extend_run(t, reading, word, *rules);
    update_numbers(t, reading);
    if (word == Word::bad) {
      t.good_rounds = 0;
      if (is_counted(t.respect)) continue;
      note_moved(t, reading, limits);
      rebase_if_lasting(e, t, reading, out);
      continue;
    }
    t.moved.clear();
    if (t.good_rounds++ == 0 || t.good_since > reading.started) t.good_since = reading.started;
    t.is_well = t.good_rounds >= limits.rounds && reading.finished - t.good_since >= limits.duration;
    wants_loss = wants_loss || (t.respect == Respect::reachability && !loses_little(reading.counts, limits));
  }
  // Answering a little is not answering well; and losing some may turn into losing all.
  if (wants_loss) become_bad(e, trouble_of_counts(reading, Respect::loss), reading.finished, out);
  if (!is_unreachable && !disputed && reading.track->is_packet && reading.track->all_lost)
    become_bad(e, trouble_of_counts(reading, Respect::reachability), reading.finished, out);
  end_if_well(e, out);
}

}  // namespace faultline::detect
