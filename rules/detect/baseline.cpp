#include "rules/detect/baseline.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

namespace faultline::detect {
namespace {

constexpr double kStartScale = 3;  // floors: a cautious beginning, learnt away within 20 samples
constexpr double kMad = 0.6745;    // median absolute deviation of a Gaussian, in sigma

const std::array<double, 256> kScales = [] {
  std::array<double, 256> scales{};
  for (std::size_t code = 1; code < scales.size(); ++code)
    scales[code] = std::exp(kScaleStep * static_cast<double>(code - 1));
  return scales;
}();

// std::floor is a call on the oldest processors. For what fits.
std::int64_t floored(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return whole - (value < static_cast<double>(whole) ? 1 : 0);
}

// Rounds to a whole number up or down by chance, so that steps far below one still add up. The chance is a
// hash of the sample: the same input gives the same state.
std::int64_t dithered(double value, std::uint32_t samples, double x) {
  std::uint32_t h = samples * 2654435761U ^ std::bit_cast<std::uint32_t>(static_cast<float>(x));
  h = (h ^ (h >> 16)) * 0x45d9f3bU;
  h ^= h >> 16;
  return floored(value + static_cast<double>(h) / 4294967296.0);
}

template <typename Integer, typename Number>
Integer held(Number value, Number lowest, Number highest) {
  return static_cast<Integer>(std::clamp(value, lowest, highest));
}
std::int16_t held_steps(std::int64_t steps) {
  return held<std::int16_t, std::int64_t>(steps, -32767, 32767);
}

std::int16_t steps_from_origin(const ContinuousMetric& m, double x) {
  return held_steps(std::llround((x - m.origin) / m.step));
}

// A bucket's median: its own, the other kind of day's, or the day's level.
double bucket_median(const ContinuousMetric& m, std::size_t bucket, const BaselineRules& rules) {
  const auto median_of = [&m](std::size_t b) { return m.origin + static_cast<double>(m.step) * m.median[b]; };
  if (m.samples_in[bucket] >= rules.bucket_samples) return median_of(bucket);
  const std::size_t other = (bucket + kHours) % kBuckets;
  return m.samples_in[other] >= rules.bucket_samples ? median_of(other) : m.level;
}

std::uint8_t scale_code(const ContinuousMetric& m, std::size_t block) {
  if (m.scale[block] != 0) return m.scale[block];
  const std::uint8_t largest = *std::max_element(m.scale.begin(), m.scale.end());
  static const auto start = static_cast<std::uint8_t>(1 + std::lround(std::log(kStartScale) / kScaleStep));
  return largest != 0 ? largest : start;
}

// By so many steps, whole ones or not.
void learn_median(ContinuousMetric& m, std::size_t bucket, bool is_nearest, double steps, double x,
                  const BaselineRules& rules) {
  if (m.samples_in[bucket] == 0) {
    if (!is_nearest) return;  // a bucket begins with a sample of its own
    m.median[bucket] = steps_from_origin(m, bucket_median(m, bucket, rules));
  }
  m.median[bucket] =
      held_steps(dithered(m.median[bucket] + steps, m.samples + static_cast<std::uint32_t>(bucket), x));
  if (is_nearest && m.samples_in[bucket] < 255) ++m.samples_in[bucket];
}

void keep_day(ContinuousMetric& m, std::int16_t steps) {
  m.daily[m.daily_next] = steps;
  m.daily_next = static_cast<std::uint8_t>((m.daily_next + 1U) % kDays);
  m.daily_count = static_cast<std::uint8_t>(std::min<std::size_t>(m.daily_count + 1U, kDays));
}

// The day's median: a Huber estimate by steps of 1/n. Days without enough of it are kept as kNoDay.
void end_day(ContinuousMetric& m, std::uint16_t day, const BaselineRules& rules) {
  const bool is_known = samples_today(m) >= rules.bucket_samples;
  keep_day(m, is_known ? steps_from_origin(m, m.today) : kNoDay);
  for (int gap = day > m.day ? std::min<int>(day - m.day, kDays) : 1; gap > 1; --gap) keep_day(m, kNoDay);
}

void learn_day(ContinuousMetric& m, double bounded_step, std::uint16_t day, const BaselineRules& rules) {
  if (day != m.day) {
    if (m.day != 0) end_day(m, day, rules);
    m.day = day;
    m.today_count = 0;
  }
  m.today += static_cast<float>(bounded_step / (samples_today(m) + 1));
  // Above 64 only every sixteenth sample is counted, as sixteen.
  if (m.today_count < 64 || (m.samples % 16 == 0 && m.today_count < 255)) ++m.today_count;
}

void begin(ContinuousMetric& m, double x, const MetricRule& rule, const BaselineRules& rules) {
  m.origin = m.level = m.today = static_cast<float>(x);
  m.step = static_cast<float>(rule.scale_floor / kStepsPerFloor);
  m.correlation = static_cast<float>(rules.correlation_start);
}

}  // namespace

std::uint32_t samples_today(const ContinuousMetric& m) {
  return m.today_count <= 64 ? m.today_count : 64 + 16U * (m.today_count - 64U);
}

std::uint8_t mean_scale_code(const ContinuousMetric& m) {
  unsigned sum = 0, seen = 0;
  for (const std::uint8_t code : m.scale) {
    sum += code;
    seen += code != 0 ? 1 : 0;
  }
  return static_cast<std::uint8_t>(seen == 0 ? 0 : sum / seen);
}

Slot slot_at(Timestamp time, Duration utc_offset) {
  constexpr std::int64_t kHourS = 3600, kDayS = 86400;
  const std::int64_t s =
      std::chrono::floor<std::chrono::seconds>(time + utc_offset).time_since_epoch().count();
  const std::int64_t day = s >= 0 ? s / kDayS : 0;
  const std::int64_t in_day = ((s % kDayS) + kDayS) % kDayS;
  const auto hour = static_cast<std::size_t>(in_day / kHourS);
  const double in_hour = static_cast<double>(in_day % kHourS) / kHourS;  // the bucket's centre is at 0.5
  const auto weekday = (day + 4) % 7;  // 1970-01-01 was a Thursday; 0 is Sunday
  const std::size_t kind = weekday == 0 || weekday == 6 ? kHours : 0;
  Slot slot;
  slot.bucket = kind + hour;
  slot.neighbour = kind + (in_hour < 0.5 ? hour + kHours - 1 : hour + 1) % kHours;
  slot.share = std::abs(in_hour - 0.5);
  slot.block = hour / (kHours / kBlocks);
  slot.day = static_cast<std::uint16_t>(std::min<std::int64_t>(day, UINT16_MAX));
  return slot;
}

double scale_of(std::uint8_t code, double floor) {
  return floor * kScales[code];
}

Prediction predict(const ContinuousMetric& m, const Slot& slot, const MetricRule& rule,
                   const BaselineRules& rules) {
  if (m.samples == 0) return {0, kStartScale * rule.scale_floor, false};
  const double near = bucket_median(m, slot.bucket, rules);
  const double far = bucket_median(m, slot.neighbour, rules);
  const double learnt = scale_of(scale_code(m, slot.block), m.step * kStepsPerFloor);
  return {near + slot.share * (far - near), std::max(learnt, rule.scale_floor),
          m.samples >= rules.minimum_samples};
}

Score score(const ContinuousMetric& m, double x, const Prediction& usual, const MetricRule& rule,
            const ChangeRules& change) {
  Score s;
  if (!usual.exists) return s;
  double r = rule.bad == BadDirection::low ? usual.median - x : x - usual.median;
  if (rule.bad == BadDirection::both) {
    s.side = r < 0 ? -1 : 1;
    r = std::abs(r);
  }
  s.z = r / usual.scale;
  const double rho = m.correlation;
  s.winsorised = std::min(change.largest_score, s.z * std::sqrt((1 - rho) / (1 + rho)));
  s.is_small = r <= 0;
  if (s.is_small) return s;
  s.is_small = r < change.smallest_share * rule.smallest_deviation;
  s.deviates = r >= rule.smallest_deviation;
  if (!s.is_small && rule.smallest_change > 0) {
    const double moved = std::abs(untransformed(rule, x) - untransformed(rule, usual.median));
    s.is_small = moved < change.smallest_share * rule.smallest_change;
    s.deviates = s.deviates && moved >= rule.smallest_change;
  }
  if (s.is_small) s.winsorised = std::min(s.winsorised, change.drift);
  return s;
}

float cusum(float statistic, double z, double drift, double threshold) {
  return static_cast<float>(std::clamp(statistic + z - drift, 0.0, 2 * threshold));
}

bool accumulate(ContinuousMetric& m, const Score& s, double drift, double threshold) {
  const bool was_zero = m.statistic == 0;
  if (s.side == 0 || s.side == m.side || was_zero) {
    m.statistic = cusum(m.statistic, s.winsorised, drift, threshold);
    m.set_side(s.side);
    return was_zero;
  }
  m.statistic = cusum(m.statistic, -s.winsorised, drift, threshold);
  if (m.statistic > 0) return false;
  m.statistic = cusum(0, s.winsorised, drift, threshold);
  m.set_side(s.side);
  return true;
}

Pace pace_of(const BaselineRules& rules, double samples_per_hour) {
  return {std::numbers::ln2 / (rules.half_life_visits * samples_per_hour),
          1 / (rules.level_hours * samples_per_hour)};
}

void learn(ContinuousMetric& m, double x, const Prediction& usual, const Slot& slot, const MetricRule& rule,
           const BaselineRules& rules, const Pace& pace) {
  if (!std::isfinite(x)) return;
  const bool is_first = m.samples == 0;
  if (is_first) begin(m, x, rule, rules);
  const double most = usual.scale * rules.score_clip;
  const auto bounded = [most](double r) { return std::clamp(r, -most, most); };
  const double r = x - (is_first ? x : usual.median);
  const double steps = bounded(r) / m.step;
  const auto steps_of = [&](std::size_t bucket, double share) {
    const std::uint8_t n = m.samples_in[bucket];
    const double eta = n < 255 ? std::max(pace.bucket, 1.0 / (n + 1)) : pace.bucket;
    return std::min(1.0, 2 * share * eta) * steps;
  };
  learn_median(m, slot.bucket, true, steps_of(slot.bucket, 1 - slot.share), x, rules);
  learn_median(m, slot.neighbour, false, steps_of(slot.neighbour, slot.share), x, rules);

  const double samples = m.samples;
  m.level += static_cast<float>(std::max(1 / (samples + 1), pace.level) * bounded(x - m.level));
  const double gain = std::max(rules.scale_rate, 2 / (samples + 4)) / (2 * kScaleStep);
  const double wanted = scale_code(m, slot.block) + (std::abs(r) > kMad * usual.scale ? gain : -gain);
  m.scale[slot.block] = held<std::uint8_t, std::int64_t>(dithered(wanted, m.samples + 7919, x), 1, 255);
  learn_day(m, bounded(x - m.today), slot.day, rules);
  ++m.samples;
}

void rebase(ContinuousMetric& m, double level, std::size_t block, const BaselineRules& rules) {
  m.origin = m.level = m.today = static_cast<float>(level);
  m.median = {};
  m.samples_in = {};
  m.daily = {};
  m.daily_next = m.daily_count = 0;
  m.scale.fill(scale_code(m, block));
  m.samples = std::min(m.samples, rules.minimum_samples);  // the new level and its scale are learnt quickly
  m.statistic = 0;
  m.breaches = 0;
}

void reset(ContinuousMetric& m) {
  const Metric metric = m.metric;
  m = ContinuousMetric{};
  m.metric = metric;
}

}  // namespace faultline::detect
