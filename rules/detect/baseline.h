// What a continuous metric usually is, by hour and kind of day, learnt with bounded influence (algorithms
// A.2), and how far a value is from it (A.3). Functions over ContinuousMetric; the detector decides when to
// learn.
#pragma once

#include "rules/detect/state.h"
#include "rules/model/detect_rules.h"
#include "rules/model/time.h"

#include <cstddef>
#include <cstdint>

namespace faultline::detect {

inline constexpr double kScaleStep = 0.04;  // of the stored ln sigma: 4 % a step
inline constexpr double kStepsPerFloor = 256;

// Where in the day and week a moment lies, local time.
struct Slot {
  std::size_t bucket = 0;     // nearest bucket
  std::size_t neighbour = 0;  // the next nearest, same kind of day
  double share = 0;           // of the neighbour, 0 … 0.5
  std::size_t block = 0;      // of three hours
  std::uint16_t day = 0;      // since 1970
};
Slot slot_at(Timestamp time, Duration utc_offset);

struct Prediction {
  double median = 0;    // transformed
  double scale = 0;     // at least the floor
  bool exists = false;  // enough has been learnt to judge by it
};
Prediction predict(const ContinuousMetric& metric, const Slot& slot, const MetricRule& rule,
                   const BaselineRules& rules);

struct Score {
  double z = 0;           // robust standard deviations in the bad direction (either, if both are bad)
  double winsorised = 0;  // corrected for correlation, cut, and held down if it is too small to matter
  bool deviates = false;  // worth something: beyond the smallest deviation and change
  bool is_small = true;   // so little that it cannot matter
  std::int8_t side = 0;   // where both directions are bad: +1 above the usual, -1 below
};
// All zero without a baseline. `x` may be infinite (later than any time-out).
Score score(const ContinuousMetric& metric, double x, const Prediction& usual, const MetricRule& rule,
            const ChangeRules& change);

// S' = max(0, S + z - k), with a ceiling of twice h so that recovery is not paid back for ever.
float cusum(float statistic, double z, double drift, double threshold);

// Adds a score to the metric's statistic. Where both directions are bad it adds up one of them at a time:
// what deviates the other way takes away, and begins anew beyond nothing. True if it was lifted from nothing.
bool accumulate(ContinuousMetric& metric, const Score& score, double drift, double threshold);

// How much of the difference one value of many moves what is learnt, by how often values come.
struct Pace {
  double bucket = 0;
  double level = 0;
};
Pace pace_of(const BaselineRules& rules, double samples_per_hour);

// Takes a value into the baseline. The caller sees to it that the endpoint is well.
void learn(ContinuousMetric& metric, double x, const Prediction& usual, const Slot& slot,
           const MetricRule& rule, const BaselineRules& rules, const Pace& pace);

// The level has changed for good: every hour begins again from `level` (transformed), with the scale that was
// learnt for this block of the day.
void rebase(ContinuousMetric& metric, double level, std::size_t block, const BaselineRules& rules);

// Forgets everything; the next value begins anew.
void reset(ContinuousMetric& metric);

// Of the day under way, about.
std::uint32_t samples_today(const ContinuousMetric& metric);
// The mean of the stored codes of its scale; 0: nothing has been seen.
std::uint8_t mean_scale_code(const ContinuousMetric& metric);

// Of a stored code; 0 answers 0.
double scale_of(std::uint8_t code, double floor);

}  // namespace faultline::detect
