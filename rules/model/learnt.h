// What the detector has learnt about one endpoint over weeks, unpacked: for rules/foresee and the API. Values
// of metrics are transformed (rules/model/detect_rules.h), so that lines and shares of them mean something;
// NaN is "not seen". Days and hours are local by detect.baseline.utc_offset.
#pragma once

#include "rules/model/metric.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace faultline {

inline constexpr std::size_t kDayHours = 24;
inline constexpr std::size_t kWeekBuckets = 2 * kDayHours;  // hours of a working day, then of a weekend's day
inline constexpr std::size_t kLearntDays = 28;
inline constexpr std::size_t kLossBlocks = 8;  // of three hours

// Bucket of the week and local day since 1970 that a moment lies in.
std::size_t week_bucket(Timestamp time, Duration utc_offset);
std::int64_t local_day(Timestamp time, Duration utc_offset);

struct LearntMetric {
  Metric metric = Metric::rtt_ms;
  ProbeKindIndex probe = 0;
  std::uint32_t samples = 0;
  std::uint16_t last_day = 0;                 // that days.back() belongs to
  std::array<float, kLearntDays> days{};      // medians of the days that are over, oldest first
  std::array<float, kWeekBuckets> profile{};  // usual level by hour and kind of day
  float level = kNoValue;                     // of the last 24 h
  float scale = kNoValue;                     // robust standard deviation
};

// What went wrong with it, by weeks that slide.
struct LearntTroubles {
  double bad_minutes_7d = 0, bad_minutes_28d = 0;
  double suspicions_7d = 0;
  double falls_28d = 0;  // times it became bad
};

// The busy hour of the last days (at most 14).
struct LearntBusyHour {
  std::uint8_t hour = UINT8_MAX;   // local; UINT8_MAX: none is known
  std::uint8_t days = 0;           // on which it was measured
  std::uint8_t strained_days = 0;  // and in trouble, against the night before
};

struct LearntEndpoint {
  std::vector<LearntMetric> metrics;
  std::array<float, kLossBlocks> loss_ratio{};  // usual, by block of the day; the worst packet probe's
  LearntTroubles troubles;
  LearntBusyHour busy;
  double scale_growth = 1;  // of its most restless metric's scale, against some weeks ago
  bool chronic = false;     // a limit is breached at this hour every day

  // The metric with the most samples where several probes bring it; null if none does.
  const LearntMetric* find(Metric metric) const;
};

}  // namespace faultline
