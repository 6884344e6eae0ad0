#include "rules/detect/detector_impl.h"
#include "rules/model/metric_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace faultline::detect {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Time of day, UTC: the evidence stands beside the full onset.
std::string clock_time(Timestamp t) {
  const auto s = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
  const auto in_day = ((s % 86400) + 86400) % 86400;
  return fmt::format("{:02}:{:02}:{:02}", in_day / 3600, in_day / 60 % 60, in_day % 60);
}

std::string number(double value) {
  if (std::isinf(value)) return "later than the time-out";
  return std::abs(value) >= 1e6 ? fmt::format("{:.3g}", value) : fmt::format("{:.1f}", value);
}

}  // namespace

std::string evidence_text(const Trouble& t) {
  const std::string since = " since " + clock_time(t.onset);
  if (t.respect == Respect::reachability || t.respect == Respect::loss) {
    if (t.sent == 0) return t.stored;
    return fmt::format("{} of {} {} lost{}", t.lost, t.sent, t.is_packet ? "packets" : "attempts", since);
  }
  if (std::isnan(t.value)) return t.stored;
  const MetricWords words = words_of(t.metric);
  std::string text =
      fmt::format("{} {}{}", words.name, number(t.value), std::isinf(t.value) ? "" : words.unit);
  if (!std::isnan(t.usual)) text += fmt::format(", usually {}{}", number(t.usual), words.unit);
  if (!std::isnan(t.limit)) text += fmt::format(", limit {}{}", number(t.limit), words.unit);
  return text + since + (t.is_usual_now ? "; has lasted so long that it is the new usual" : "");
}

Trouble Detector::Impl::trouble_of_counts(const Reading& reading, Respect respect) const {
  const ProbeTrack& track = *reading.track;
  Trouble t;
  t.respect = respect;
  t.probe = track.probe;
  t.is_packet = track.is_packet;
  t.onset = reading.started;
  // The burst may be another probe's than the rounds that raised the suspicion: the earliest onset holds.
  each_track(track.endpoint, [&](const ProbeTrack& other) {
    if (other.is_packet == track.is_packet && other.fast > 0 &&
        !is_disputed(track.endpoint, other, reading.finished))
      t.onset = std::min(t.onset, from_us(other.onset_us));
    return true;
  });
  t.confirmed = reading.finished;
  t.lost = track.lost;
  t.sent = track.sent;
  t.value = t.usual = t.limit = kNone;
  return t;
}

Trouble Detector::Impl::trouble_of_value(const Reading& reading, const ReadValue& v) const {
  Trouble t;
  t.respect = v.rule->respect;
  t.probe = reading.track->probe;
  t.metric = v.metric->metric;
  t.is_packet = reading.track->is_packet;
  t.onset = reading.started;
  if (v.metric->statistic > 0 || v.breaches)

    t.onset = std::min(t.onset, from_us(std::int64_t{v.metric->rising_s} * 1'000'000));
  if (v.metric->statistic == 0 &&
      v.breaches) {  // by the limit alone: since the first of the breaches in a row
    const int more = std::countr_one(v.metric->breaches) - 1;
    const double back_s = std::max(0, more) * static_cast<double>(reading.track->interval_s);
    t.onset = reading.started - std::chrono::round<Duration>(std::chrono::duration<double>(back_s));
  }
  t.confirmed = reading.finished;
  t.value = v.value;
  t.usual = v.usual.exists ? untransformed(*v.rule, v.usual.median) : kNone;
  t.limit = v.breaches ? *v.rule->critical : kNone;
  return t;
}

Degradation Detector::Impl::degradation_of(std::uint32_t e, const Trouble& t) const {
  Degradation d;
  d.endpoint = EndpointIndex{e};
  d.respect = t.respect;
  d.onset = t.onset;
  d.confirmed = t.confirmed;
  d.evidence = evidence_text(t);
  return d;
}

}  // namespace faultline::detect
