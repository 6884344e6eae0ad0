#include "rules/detect/detector_impl.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace faultline::detect {

namespace {

constexpr unsigned kNewInterval = 3;

// Asks for an object's memory before it is used. At thousands of endpoints each round finds its own out of
// the cache, and waiting for one line after the other is most of its time.
template <typename T>
void prefetch(const T& object) {
  constexpr std::size_t kLine = 64;
  const char* bytes = reinterpret_cast<const char*>(&object);
  for (std::size_t at = 0; at < sizeof(T); at += kLine) __builtin_prefetch(bytes + at);
}

}  // namespace

void Detector::Impl::on_round(const Round& round, Events& out) {
  const std::uint32_t e = round.endpoint.value;
  if (e >= states.size()) return;
  prefetch(healths[e]);
  if (states[e].is_masked || states[e].is_retired || !is_valid(round)) return;
  Reading reading = read(round);
  states[e].is_unknown = false;
  judge(e, reading, out);
  learn_from(reading);
  if (reading.is_scheduled) note_busy_hour(e, reading);
  note_condition(reading);
  show(e, reading);
}

Reading Detector::Impl::read(const Round& round) {
  Reading reading;
  reading.values = room;
  reading.track = &track_of(round.endpoint.value, round.probe);
  reading.is_scheduled = !round.on_demand;
  reading.is_burst = round.on_demand && round.packets.sent > 0;
  reading.started = round.started;
  reading.finished = std::max(round.started, round.finished);
  reading.slot = slot_at(round.started, rules->baseline.utc_offset);
  if (reading.is_scheduled) learn_interval(*reading.track, round.started);
  read_counts(round, reading);
  read_values(round, reading);
  if (reading.is_scheduled || reading.track->started_us == 0)
    reading.track->started_us = to_us(round.started);
  reading.track->was_scheduled = reading.track->was_scheduled || reading.is_scheduled;
  return reading;
}

void Detector::Impl::read_counts(const Round& round, Reading& reading) {
  ProbeTrack& track = *reading.track;
  const EndpointState& state = states[round.endpoint.value];
  reading.loss_rule = &rules->metric(state.technology, Metric::loss_ratio);
  reading.counts = counts_of(round);
  reading.usual_ratio = usual_ratio(track, reading.slot.block);
  reading.increments = table.increments(reading.counts, reading.usual_ratio);
  reading.fast_before = track.fast;
  track.is_packet = round.packets.sent > 0;
  add_evidence(track, reading.increments.fast, state.inner != HealthState::ok, rules->evidence);
  if (reading.is_burst && state.inner == HealthState::suspect) {
    track.lost += reading.counts.lost;  // its verdict counts, not its increment
    track.sent += reading.counts.sent;
  } else {
    add_counts(track, reading.counts, reading.increments, rules->counts, round.started);
  }
  const bool all_lost = reading.counts.all_lost() &&
                        (!track.is_packet || reading.counts.sent >= rules->counts.all_lost_packets);
  if (all_lost && !track.all_lost) track.all_lost_us = to_us(round.started);
  track.all_lost = all_lost;
  const MetricRule& rule = *reading.loss_rule;
  if (reading.is_scheduled && rule.judged && rule.critical)
    track.breaches =
        static_cast<std::uint8_t>((track.breaches << 1) | (reading.counts.ratio() > *rule.critical));
}

void Detector::Impl::read_values(const Round& round, Reading& reading) {
  const Technology technology = states[round.endpoint.value].technology;
  const MetricRules& by_metric = rules->metrics[static_cast<std::size_t>(technology)];
  const PacketCounts& packets = round.packets;
  if (packets.received == 0 && packets.late > 0) {  // answered, but later than any time-out
    read_value(Metric::rtt_ms, std::numeric_limits<double>::infinity(), by_metric, reading);
  } else {
    read_value(Metric::rtt_ms, round.rtt.median_ms, by_metric, reading);
  }
  read_value(Metric::ipdv_ms, round.rtt.ipdv_ms, by_metric, reading);
  for (const MetricValue& v : round.metric_values())
    if (static_cast<std::size_t>(v.metric) < kMetricCount && std::isfinite(v.value))
      read_value(v.metric, v.value, by_metric, reading);
}

void Detector::Impl::read_value(Metric metric, double value, const MetricRules& by_metric, Reading& reading) {
  const MetricRule& rule = by_metric[static_cast<std::size_t>(metric)];
  if (!rule.learnt || metric == Metric::loss_ratio || std::isnan(value)) return;
  const std::size_t seen = reading.value_count + reading.learnt_count;
  ContinuousMetric* m = metric_of(*reading.track, metric, seen);
  if (m == nullptr || seen == reading.values.size()) return;
  ReadValue& v = rule.judged ? reading.values[reading.value_count++]
                             : reading.values[reading.values.size() - ++reading.learnt_count];
  v.breaches = false;
  v.metric = m;
  v.rule = &rule;
  v.value = value;
  v.x = transformed(rule, value);
  v.usual = predict(*m, reading.slot, rule, rules->baseline);
  m->value = static_cast<float>(value);
  v.score = score(*m, v.x, v.usual, rule, rules->change);
  if (!rule.judged) return;
  v.breaches = rule.critical && (rule.bad == BadDirection::high ? value > *rule.critical  //
                                                                : value < *rule.critical);
  if (!reading.is_scheduled) return;
  m->breaches = static_cast<std::uint8_t>((m->breaches << 1) | (v.breaches ? 1 : 0));
  const double drift = rule.verified_by_burst ? rules->change.drift : rules->change.unverified_drift;
  const float before = m->statistic;
  bool is_lifted = before == 0;
  if (v.usual.exists)
    is_lifted = accumulate(*m, v.score, drift,
                           std::max(threshold_of(rule, rules->change), rules->change.unverified_threshold));
  // A round that says more than all before it is where the change began; what was before was noise.
  if (is_lifted || m->statistic > 2 * before) m->rising_s = to_s(reading.started);
}

void Detector::Impl::learn_interval(ProbeTrack& track, Timestamp started) const {
  const double gap = static_cast<double>(to_us(started) - track.started_us) / 1e6;
  if (!track.was_scheduled || gap <= 0) return;
  const double first = to_seconds(rules->missing.first_interval);
  if (track.interval_s == 0) {
    track.interval_s = static_cast<float>(std::min(gap, 10 * first));
  } else if (gap < 3 * static_cast<double>(track.interval_s)) {
    track.interval_s += static_cast<float>(0.2 * (gap - track.interval_s));
    track.long_gaps = 0;
  } else if (++track.long_gaps >= kNewInterval) {  // fewer: rounds were missing
    track.interval_s = static_cast<float>(gap);
    track.long_gaps = 0;
  }
}

// Only what is well teaches what is usual.
void Detector::Impl::learn_from(Reading& reading) const {
  ProbeTrack& track = *reading.track;
  const EndpointState& state = states[track.endpoint];
  if (!reading.is_scheduled) return;
  bool is_well = state.inner == HealthState::ok && !state.is_flapping &&
                 track.fast < rules->counts.fast_threshold / 2 &&
                 track.grey < rules->counts.grey_threshold / 2;
  for (const ReadValue& v : reading.read_values())
    is_well = is_well && v.metric->statistic < threshold_of(*v.rule, rules->change) / 2;
  const double first = to_seconds(rules->missing.first_interval);
  const double samples_per_hour = 3600 / std::max(0.001, track.interval_s > 0 ? track.interval_s : first);
  const Pace pace = pace_of(rules->baseline, samples_per_hour);
  const auto learn_value = [&](const ReadValue& v) {
    ContinuousMetric& m = *v.metric;
    if (is_well) {
      if (v.usual.exists) {
        const int sign = v.score.side * m.score_side < 0 ? -1 : 1;
        const double product = std::clamp(sign * v.score.z * static_cast<double>(m.score), -4.0, 4.0);
        const double moved = m.correlation + rules->baseline.correlation_rate * (product - m.correlation);
        m.correlation = static_cast<float>(std::clamp(moved, 0.0, rules->baseline.correlation_limit));
      }
      learn(m, v.x, v.usual, reading.slot, *v.rule, rules->baseline, pace);
    }
    m.score = static_cast<float>(std::clamp(v.score.z, -100.0, 100.0));
    m.set_score_side(v.score.side);
  };
  for (const ReadValue& v : reading.read_values()) learn_value(v);
  for (const ReadValue& v : reading.learnt_values()) learn_value(v);
  if (is_well) learn_ratio(track, reading.slot.block, reading.counts, rules->counts.learning_rate);
}

void Detector::Impl::note_condition(Reading& reading) const {
  ProbeTrack& track = *reading.track;
  const RecoveryRules& limits = rules->recovery;
  track.deviant = false;
  track.clean = track.fast < limits.clean_fast && track.grey < limits.clean_other;
  track.chronic = reading.loss_rule->judged && reading.loss_rule->critical &&
                  is_breached(track.breaches, rules->limit) &&
                  reading.usual_ratio >= *reading.loss_rule->critical;
  for (const ReadValue& v : reading.read_values()) {
    track.deviant = track.deviant || is_far_out(v, *rules);
    track.clean = track.clean && v.metric->statistic < limits.clean_other;
    track.chronic = track.chronic || (is_breached(v.metric->breaches, rules->limit) && !v.is_outside(limits));
  }
  track.clean = track.clean && !track.deviant;
}

void Detector::Impl::show(std::uint32_t e, const Reading& reading) {
  EndpointHealth& health = healths[e];
  const EndpointState& state = states[e];
  const Timestamp now = reading.finished;
  health.measured = now;
  const double wait = rules->missing.intervals * (reading.track->interval_s > 0
                                                      ? static_cast<double>(reading.track->interval_s)
                                                      : to_seconds(rules->missing.first_interval));
  const auto stale = static_cast<std::uint32_t>(std::max(1.0, to_seconds(now.time_since_epoch()) + wait + 1));
  deadlines.extend(e, stale);

  double evidence = rules->evidence.lowest, ratio = 0;
  bool deviant = false, clean = true;
  each_track(e, [&](const ProbeTrack& track) {
    if (!is_fresh(track, now) || is_disputed(e, track, now)) return true;
    evidence = std::max<double>(evidence, track.evidence);
    deviant = deviant || track.deviant;
    clean = clean && track.clean;
    if (track.sent > 0) ratio = std::max(ratio, static_cast<double>(track.lost) / track.sent);
    return true;
  });
  if (deviant) evidence = std::max(evidence, 0.0) + rules->evidence.bad_score;
  evidence = std::clamp(evidence, rules->evidence.lowest, rules->evidence.highest);
  health.evidence_nats = static_cast<float>(state.is_flapping ? evidence / 2 : evidence);
  health.clean = clean && state.inner == HealthState::ok;
  health.loss_ratio = static_cast<float>(state.inner == HealthState::ok ? reading.counts.ratio() : ratio);
  show_state(e);
}

void Detector::Impl::show_state(std::uint32_t e) {
  EndpointHealth& health = healths[e];
  const EndpointState& state = states[e];
  health.state = state.is_masked     ? HealthState::masked
                 : state.is_unknown  ? HealthState::unknown
                 : state.is_flapping ? HealthState::flapping
                                     : state.inner;
  health.respects = 0;
  health.better = false;
  health.shown_since = Timestamp{};
  if (state.inner == HealthState::ok && !state.is_flapping) {
    health.onset = Timestamp{};
  } else if (const auto found = troubles.find(e); found != troubles.end() && !found->second.empty()) {
    health.onset = found->second.front().onset;
    health.better = true;
    for (const Trouble& trouble : found->second) {
      health.better = health.better && (trouble.is_well || !trouble.is_shown);
      health.onset = std::min(health.onset, trouble.onset);
      if (trouble.is_shown && !trouble.is_well &&
          (health.shown_since == Timestamp{} || trouble.run_since < health.shown_since))
        health.shown_since = trouble.run_since;
      if (!trouble.is_well)
        health.respects |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(trouble.respect));
    }
  }
  if (state.is_masked || state.is_unknown) {
    health.clean = false;
    health.evidence_nats = 0;
  }
}

ProbeTrack& Detector::Impl::track_of(std::uint32_t e, ProbeKindIndex probe) {
  std::uint32_t* link = &states[e].track;
  for (; *link != kNoBlock; link = &tracks[*link].next) {
    ProbeTrack& track = tracks[*link];
    if (track.probe != probe) continue;
    for (std::size_t i = 0; i < track.metric_count; ++i) prefetch(metrics[track.metrics[i]]);
    return track;
  }
  const std::uint32_t block = tracks.take();
  *link = block;  // chunks never move, so the link is still good
  tracks[block].probe = probe;
  tracks[block].endpoint = e;
  return tracks[block];
}

// Rounds of a probe mostly bring the same metrics in the same order, so `place` is looked at first.
ContinuousMetric* Detector::Impl::metric_of(ProbeTrack& track, Metric metric, std::size_t place) {
  if (place < track.metric_count)
    if (ContinuousMetric& m = metrics[track.metrics[place]]; m.metric == metric) return &m;
  for (std::size_t i = 0; i < track.metric_count; ++i)
    if (metrics[track.metrics[i]].metric == metric) return &metrics[track.metrics[i]];
  if (track.metric_count == kMetricsPerProbe) return nullptr;
  const std::uint32_t block = metrics.take();
  track.metrics[track.metric_count++] = block;
  metrics[block].metric = metric;
  return &metrics[block];
}

void Detector::Impl::note_kind(std::uint32_t e) {
  const Endpoint& endpoint = topology->endpoint(EndpointIndex{e});
  states[e].technology = endpoint.technology;
  states[e].is_retired = endpoint.retired;
}

void Detector::Impl::release(std::uint32_t e) {
  for (std::uint32_t t = states[e].track; t != kNoBlock;) {
    const std::uint32_t next = tracks[t].next;
    for (std::size_t i = 0; i < tracks[t].metric_count; ++i) metrics.give_back(tracks[t].metrics[i]);
    tracks.give_back(t);
    t = next;
  }
  troubles.erase(e);
  states[e] = EndpointState{};
  healths[e] = EndpointHealth{};
  deadlines.clear(e);
}

}  // namespace faultline::detect
