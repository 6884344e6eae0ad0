// Whether an endpoint is short of capacity: its busy hour was strained on many of the last 14 days.
#pragma once

#include "rules/foresee/outlook.h"
#include "rules/model/detect_rules.h"
#include "rules/model/learnt.h"
#include "rules/model/topology.h"

#include <optional>

namespace faultline::foresee {

// Days that the congestion index is a share of.
inline constexpr double kIndexDays = 14;

// Usual level of a metric in the busy hour (the worse of both kinds of day) and at its best hour, own unit.
struct BusyLevels {
  double busy = 0, quiet = 0;
};
std::optional<BusyLevels> busy_levels(const LearntEndpoint& learnt, Metric metric, const MetricRule& rule);

// Nothing below rules.strained_days.
std::optional<CapacityItem> capacity_of(EndpointIndex index, const Endpoint& endpoint,
                                        const LearntEndpoint& learnt, const MetricRules& metrics,
                                        const CapacityRules& rules);

}  // namespace faultline::foresee
