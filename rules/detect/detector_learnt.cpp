// What the detector gives to rules/foresee: the busy hour as it goes, and all that has been learnt, unpacked.
#include "rules/detect/detector_impl.h"

#include <algorithm>
#include <cmath>

namespace faultline::detect {
namespace {

// Mean of the night's buckets of one kind of day; nothing before all of them have been seen.
std::optional<double> night_level(const ContinuousMetric& m, std::size_t kind_of_day,
                                  const DetectRules& rules) {
  double sum = 0;
  for (std::uint32_t hour = rules.busy.night_from; hour < rules.busy.night_until; ++hour) {
    if (m.samples_in[kind_of_day + hour] < rules.baseline.bucket_samples) return std::nullopt;
    sum += m.median[kind_of_day + hour];
  }
  return m.origin + m.step * sum / (rules.busy.night_until - rules.busy.night_from);
}

bool speaks_of_load(Metric metric) {
  return metric == Metric::rtt_ms || metric == Metric::throughput_bps || metric == Metric::utilisation;
}

// Strained by this value, beside the night's `quiet`.
bool is_strained(const ReadValue& v, double quiet, const BusyRules& rules) {
  switch (v.metric->metric) {
    case Metric::rtt_ms: {
      const double above = v.x - quiet;
      return above >= rules.score * v.usual.scale && above >= v.rule->smallest_deviation &&
             v.value - untransformed(*v.rule, quiet) >= v.rule->smallest_change;
    }
    case Metric::throughput_bps:
      return v.value < rules.throughput_share * untransformed(*v.rule, quiet);
    case Metric::utilisation:
      return v.rule->warning && v.value >= *v.rule->warning;
    default:
      return false;
  }
}

LearntMetric unpack(const ContinuousMetric& m, ProbeKindIndex probe, const DetectRules& rules) {
  LearntMetric out;
  out.metric = m.metric;
  out.probe = probe;
  out.samples = m.samples;
  out.last_day = static_cast<std::uint16_t>(m.day == 0 ? 0 : m.day - 1);
  out.days.fill(kNoValue);
  for (std::size_t age = 0; age < m.daily_count; ++age) {  // 0: the latest
    const std::int16_t steps = m.daily[(m.daily_next + 2 * kDays - 1 - age) % kDays];
    if (steps != kNoDay) out.days[kDays - 1 - age] = m.origin + m.step * static_cast<float>(steps);
  }
  double scale = 0;
  std::size_t seen = 0;
  for (const std::uint8_t code : m.scale) {
    if (code == 0) continue;
    scale += scale_of(code, m.step * kStepsPerFloor);
    ++seen;
  }
  for (std::size_t b = 0; b < kBuckets; ++b)
    out.profile[b] = m.samples_in[b] >= rules.baseline.bucket_samples
                         ? m.origin + m.step * static_cast<float>(m.median[b])
                         : kNoValue;
  out.level = m.level;
  out.scale = seen == 0 ? kNoValue : static_cast<float>(scale / static_cast<double>(seen));
  return out;
}

}  // namespace

// The hour in which load shows most, in standard deviations from the night; none without a profile.
std::uint8_t Detector::Impl::busiest_hour(std::uint32_t e, std::size_t kind_of_day) const {
  std::array<double, kHours> strain{};
  each_track(e, [&](const ProbeTrack& track) {
    for (std::size_t i = 0; i < track.metric_count; ++i) {
      const ContinuousMetric& m = metrics[track.metrics[i]];
      if (!speaks_of_load(m.metric)) continue;
      const auto quiet = night_level(m, kind_of_day, *rules);
      if (!quiet) continue;
      const double sign = m.metric == Metric::throughput_bps ? -1 : 1;
      for (std::size_t hour = 0; hour < kHours; ++hour) {
        if (m.samples_in[kind_of_day + hour] < rules->baseline.bucket_samples) continue;
        const double level = m.origin + static_cast<double>(m.step) * m.median[kind_of_day + hour];
        strain[hour] = std::max(strain[hour], sign * (level - *quiet) / (m.step * kStepsPerFloor));
      }
    }
    return true;
  });
  const auto worst = std::max_element(strain.begin(), strain.end());
  return *worst > 0 ? static_cast<std::uint8_t>(worst - strain.begin()) : UINT8_MAX;
}

// Of its most restless metric.
std::uint8_t Detector::Impl::scale_code(std::uint32_t e) const {
  std::uint8_t largest = 0;
  each_track(e, [&](const ProbeTrack& track) {
    for (std::size_t i = 0; i < track.metric_count; ++i)
      if (const ContinuousMetric& m = metrics[track.metrics[i]]; m.samples >= rules->baseline.minimum_samples)
        largest = std::max(largest, mean_scale_code(m));
    return true;
  });
  return largest;
}

void Detector::Impl::note_busy_hour(std::uint32_t e, const Reading& reading) {
  Past& past = states[e].past;
  if (reading.slot.day != past.scale_day) follow_scale(past, reading.slot.day, scale_code(e));
  const std::size_t hour = reading.slot.bucket % kHours, kind_of_day = reading.slot.bucket - hour;
  bool strained = false, says_something = false;
  const auto look_at = [&](const ReadValue& v) {
    if (strained || !speaks_of_load(v.metric->metric) || !std::isfinite(v.x)) return;
    const auto quiet = night_level(*v.metric, kind_of_day, *rules);
    says_something = says_something || quiet;
    strained = quiet && is_strained(v, *quiet, rules->busy);
  };
  for (const ReadValue& v : reading.read_values()) look_at(v);
  for (const ReadValue& v : reading.learnt_values()) look_at(v);
  if (!says_something) return;
  const bool is_new_day = reading.slot.day != past.day;
  note_load(past, reading.slot.day, static_cast<std::uint8_t>(hour), strained, rules->busy.share_of_rounds);
  if (is_new_day && past.strained == 0) past.busy_hour = busiest_hour(e, kind_of_day);
}

// Whole minutes; after a gap in the ticks only the last one.
void Detector::Impl::count_bad_minutes(Timestamp now) {
  const std::int64_t minute = std::chrono::floor<std::chrono::minutes>(now).time_since_epoch().count();
  if (minute == counted_minute) return;
  counted_minute = minute;
  for (const auto& [e, list] : troubles) {
    if (states[e].inner != HealthState::bad || states[e].is_masked) continue;
    if (Week& week = week_at(states[e].past, now); week.bad_minutes < UINT16_MAX) ++week.bad_minutes;
  }
}

LearntEndpoint Detector::Impl::learnt(std::uint32_t e, Timestamp now) const {
  LearntEndpoint out;
  out.loss_ratio.fill(kNoValue);
  each_track(e, [&](const ProbeTrack& track) {
    out.chronic = out.chronic || track.chronic;
    for (std::size_t b = 0; b < kBlocks && track.is_packet; ++b)
      if (track.usual[b] >= 0) out.loss_ratio[b] = std::fmax(out.loss_ratio[b], track.usual[b]);
    for (std::size_t i = 0; i < track.metric_count; ++i)
      if (const ContinuousMetric& m = metrics[track.metrics[i]]; m.samples >= rules->baseline.minimum_samples)
        out.metrics.push_back(unpack(m, track.probe, *rules));
    return true;
  });
  out.troubles = troubles_of(states[e].past, now);
  out.busy = busy_hour_of(states[e].past);
  if (const std::uint8_t before = states[e].past.scale_before, code = scale_code(e); before != 0 && code != 0)
    out.scale_growth = std::exp(kScaleStep * (code - before));
  return out;
}

LearntEndpoint Detector::learnt(EndpointIndex endpoint, Timestamp now) const {
  return impl_->learnt(endpoint.value, now);
}

}  // namespace faultline::detect
