// What the last 28 days of one metric show: a trend that crosses the critical limit, a slow degradation below
// the detector's threshold ("boiled frog", A.2), a shift of the baseline.
#pragma once

#include "rules/foresee/outlook.h"
#include "rules/model/detect_rules.h"
#include "rules/model/learnt.h"

#include <optional>
#include <vector>

namespace faultline::foresee {

// Unit and name of a metric in words, for texts.
std::string_view unit_of(Metric metric);

// For an amount that is 0 to 1 of the capacity, the day's median says little: the share by which the busiest
// bucket is above the median one. 1 for every other metric, and without a profile.
double busy_factor(const LearntMetric& metric);

// The findings of one metric (endpoint not filled in). `trend_z`, if given, is set to Mann-Kendall's z in the
// bad direction, 0 if it goes the other way or too few days were measured.
std::vector<Finding> findings_of(const LearntMetric& metric, const MetricRule& rule, const TrendRules& rules,
                                 double* trend_z = nullptr);

}  // namespace faultline::foresee
