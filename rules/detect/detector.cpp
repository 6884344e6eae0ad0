#include "rules/detect/detector.h"

#include "rules/detect/baseline_codec.h"
#include "rules/detect/detector_impl.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace faultline::detect {

Detector::Impl::Impl(std::shared_ptr<const Topology> t, std::shared_ptr<const DetectRules> r)
    : topology(std::move(t)),
      rules(std::move(r)),
      table(rules->counts),
      healths(topology->endpoints().size()),
      states(topology->endpoints().size()) {
  deadlines.resize(states.size());
  for (std::uint32_t e = 0; e < states.size(); ++e) note_kind(e);
}

Detector::Detector(std::shared_ptr<const Topology> topology, std::shared_ptr<const DetectRules> rules)
    : impl_(std::make_unique<Impl>(std::move(topology), std::move(rules))) {}
Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

void Detector::on_round(const Round& round, Events& out) {
  impl_->on_round(round, out);
}
void Detector::on_tick(Timestamp now, Events& out) {
  impl_->on_tick(now, out);
}

void Detector::set_masked(EndpointIndex endpoint, bool masked, Timestamp now, Events& out) {
  const std::uint32_t e = endpoint.value;
  if (e >= impl_->states.size() || impl_->states[e].is_masked == masked) return;
  if (masked) impl_->end_all(e, now, out);
  impl_->states[e].is_masked = masked;
  impl_->states[e].is_unknown = true;
  impl_->deadlines.clear(e);
  impl_->show_state(e);
}

void Detector::discard_since(Timestamp since, Timestamp now, const IsIts& is_its, Events& out) {
  Impl& in = *impl_;
  for (std::uint32_t e = 0; e < in.states.size(); ++e) {
    if (!is_its(EndpointIndex{e})) continue;
    const auto found = in.troubles.find(e);
    const bool is_recent =
        found != in.troubles.end() && std::any_of(found->second.begin(), found->second.end(),
                                                  [&](const Trouble& t) { return t.confirmed >= since; });
    if (is_recent) {
      in.withdraw(e, since, now, out);
    } else if (in.states[e].inner != HealthState::bad) {
      in.clear_suspicion(e);
    }
    if (in.healths[e].measured >= since && in.healths[e].measured != Timestamp{})
      in.states[e].is_unknown = true;
    in.show_state(e);
  }
}

const EndpointHealth& Detector::health(EndpointIndex endpoint) const {
  return impl_->healths[endpoint.value];
}
std::span<const EndpointHealth> Detector::all() const {
  return impl_->healths;
}

bool Detector::is_lossy(EndpointIndex endpoint) const {
  const Impl& in = *impl_;
  const EndpointHealth& health = in.healths[endpoint.value];
  if (in.states[endpoint.value].inner != HealthState::suspect)
    return health.bad_in(Respect::reachability) || health.bad_in(Respect::loss);
  bool lossy = false;
  in.each_track(endpoint.value, [&](const ProbeTrack& track) {
    lossy = in.counts_are_suspect(endpoint.value, track, health.measured);
    return !lossy;
  });
  return lossy;
}

std::vector<Degradation> Detector::degradations() const {
  std::vector<Degradation> list;
  for (const auto& [e, troubles] : impl_->troubles)
    for (const Trouble& t : troubles)
      if (t.is_told) list.push_back(impl_->degradation_of(e, t));
  std::sort(list.begin(), list.end(), [](const Degradation& a, const Degradation& b) {
    return std::pair(a.endpoint, a.respect) < std::pair(b.endpoint, b.respect);
  });
  return list;
}

std::vector<DegradationFigures> Detector::figures(std::span<const EndpointIndex> endpoints) const {
  std::vector<DegradationFigures> list;
  for (const EndpointIndex endpoint : endpoints) {
    const auto found = impl_->troubles.find(endpoint.value);
    if (found == impl_->troubles.end()) continue;
    for (const Trouble& t : found->second)
      if (t.is_told) list.push_back({endpoint, t.respect, t.lost, t.sent, t.metric, t.value, t.usual});
  }
  return list;
}

bool Detector::is_chronic(EndpointIndex endpoint) const {
  bool chronic = false;
  impl_->each_track(endpoint.value, [&](const ProbeTrack& track) {
    chronic = track.chronic;
    return !chronic;
  });
  return chronic;
}

std::optional<Detector::Expectation> Detector::expectation(EndpointIndex endpoint, ProbeKindIndex probe,
                                                           Metric metric, Timestamp at) const {
  const Impl& in = *impl_;
  const MetricRule& rule = in.rules->metric(in.topology->endpoint(endpoint).technology, metric);
  std::optional<Expectation> found;
  in.each_track(endpoint.value, [&](const ProbeTrack& track) {
    if (track.probe != probe) return true;
    for (std::size_t i = 0; i < track.metric_count; ++i) {
      const ContinuousMetric& m = in.metrics[track.metrics[i]];
      if (m.metric != metric || !rule.learnt) continue;
      const Prediction usual =
          predict(m, slot_at(at, in.rules->baseline.utc_offset), rule, in.rules->baseline);
      if (usual.exists)
        found = {untransformed(rule, usual.median), untransformed(rule, usual.median - 2 * usual.scale),
                 untransformed(rule, usual.median + 2 * usual.scale)};
    }
    return false;
  });
  return found;
}

std::optional<Detector::Deviation> Detector::deviation(EndpointIndex endpoint, ProbeKindIndex probe,
                                                       Metric metric) const {
  const Impl& in = *impl_;
  std::optional<Deviation> found;
  in.each_track(endpoint.value, [&](const ProbeTrack& track) {
    if (track.probe != probe) return true;
    for (std::size_t i = 0; i < track.metric_count; ++i)
      if (const ContinuousMetric& m = in.metrics[track.metrics[i]]; m.metric == metric)
        found = Deviation{m.score, m.statistic};
    return false;
  });
  return found;
}

void Detector::set_topology(std::shared_ptr<const Topology> topology) {
  Impl& in = *impl_;
  in.topology = std::move(topology);
  const std::size_t count = in.topology->endpoints().size();
  for (std::uint32_t e = 0; e < in.states.size(); ++e)
    if (e >= count || in.topology->endpoint(EndpointIndex{e}).retired) in.release(e);
  in.healths.resize(count);
  in.states.resize(count);
  in.deadlines.resize(count);
  for (std::uint32_t e = 0; e < count; ++e) in.note_kind(e);
  const auto is_gone = [&](std::uint32_t e) { return e >= count; };
  std::erase_if(in.suspects, is_gone);
  std::erase_if(in.flapping, is_gone);
}

void Detector::set_rules(std::shared_ptr<const DetectRules> rules) {
  impl_->rules = std::move(rules);
  impl_->table = CountTable(impl_->rules->counts);
}

void Detector::restore(std::span<const Degradation> degradations) {
  Impl& in = *impl_;
  for (const Degradation& d : degradations) {
    const std::uint32_t e = d.endpoint.value;
    if (d.ended || e >= in.states.size() || in.topology->endpoint(d.endpoint).retired) continue;
    Trouble t;
    t.respect = d.respect;
    t.probe = kAnyProbe;
    t.is_packet = true;
    t.is_told = true;
    t.onset = d.onset;
    t.confirmed = d.confirmed;
    t.value = t.usual = t.limit = std::numeric_limits<double>::quiet_NaN();
    t.stored = d.evidence;
    auto& list = in.troubles[e];
    if (std::any_of(list.begin(), list.end(), [&](const Trouble& o) { return o.respect == d.respect; }))
      continue;
    list.push_back(std::move(t));
    in.states[e].inner = HealthState::bad;
    // Bad until it is measured, as if a round had just said so; the first tick sets how long that holds.
    in.states[e].is_unknown = false;
    in.restored.push_back(e);
    in.show_state(e);
  }
}

std::vector<std::byte> Detector::baseline(EndpointIndex endpoint) const {
  const Impl& in = *impl_;
  std::vector<LearntProbe> probes;
  in.each_track(endpoint.value, [&](const ProbeTrack& track) {
    LearntProbe& probe = probes.emplace_back();
    probe.probe = track.probe;
    probe.interval_s = track.interval_s;
    probe.usual = track.usual;
    for (std::size_t i = 0; i < track.metric_count; ++i)
      if (in.metrics[track.metrics[i]].samples > 0) probe.metrics.push_back(in.metrics[track.metrics[i]]);
    return true;
  });
  return encode_baseline(probes, in.states[endpoint.value].past);
}

bool Detector::restore_baseline(EndpointIndex endpoint, std::span<const std::byte> bytes) {
  Impl& in = *impl_;
  if (endpoint.value >= in.states.size() || in.topology->endpoint(endpoint).retired) return false;
  Past past;
  const std::optional<std::vector<LearntProbe>> probes = decode_baseline(bytes, &past);
  if (!probes) return false;
  in.states[endpoint.value].past = past;
  for (const LearntProbe& probe : *probes) {
    ProbeTrack& track = in.track_of(endpoint.value, probe.probe);
    track.usual = probe.usual;
    track.interval_s = probe.interval_s;
    for (const ContinuousMetric& learnt : probe.metrics)
      if (ContinuousMetric* m = in.metric_of(track, learnt.metric)) *m = learnt;
  }
  return true;
}

}  // namespace faultline::detect
