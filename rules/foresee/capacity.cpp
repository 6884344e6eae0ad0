#include "rules/foresee/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace faultline::foresee {

std::optional<BusyLevels> busy_levels(const LearntEndpoint& learnt, Metric metric, const MetricRule& rule) {
  const LearntMetric* m = learnt.find(metric);
  if (m == nullptr || learnt.busy.hour >= kDayHours) return std::nullopt;
  const bool high_is_bad = rule.bad == BadDirection::high;
  double busy = NAN, quiet = NAN;
  for (const std::size_t bucket : {std::size_t{learnt.busy.hour}, learnt.busy.hour + kDayHours})
    busy = high_is_bad ? std::fmax(busy, m->profile[bucket]) : std::fmin(busy, m->profile[bucket]);
  for (const float x : m->profile) quiet = high_is_bad ? std::fmin(quiet, x) : std::fmax(quiet, x);
  if (std::isnan(busy)) return std::nullopt;
  return BusyLevels{untransformed(rule, busy), untransformed(rule, quiet)};
}

std::optional<CapacityItem> capacity_of(EndpointIndex index, const Endpoint& endpoint,
                                        const LearntEndpoint& learnt, const MetricRules& metrics,
                                        const CapacityRules& rules) {
  if (learnt.busy.hour >= kDayHours || learnt.busy.strained_days < rules.strained_days) return std::nullopt;
  CapacityItem item;
  item.endpoint = index;
  item.customers = endpoint.customers;
  item.busy_hour = learnt.busy.hour;
  item.strained_days = learnt.busy.strained_days;
  item.days = learnt.busy.days;
  item.index = item.strained_days / kIndexDays;
  item.weight = item.index * item.customers;
  item.chronic = learnt.chronic;
  item.evidence =
      fmt::format("strained at {}:00 on {} of {} days", item.busy_hour, item.strained_days, item.days);
  const auto levels = [&](Metric metric) {
    return busy_levels(learnt, metric, metrics[static_cast<std::size_t>(metric)]);
  };
  if (const auto l = levels(Metric::rtt_ms))
    item.evidence += fmt::format("; round trip {:.0f} ms, {:.0f} ms at its best", l->busy, l->quiet);
  if (const auto l = levels(Metric::throughput_bps))
    item.evidence += fmt::format("; throughput {:.3g} bit/s, {:.3g} bit/s at its best", l->busy, l->quiet);
  if (const auto l = levels(Metric::utilisation))
    item.evidence += fmt::format("; utilisation {:.0f} %", 100 * l->busy);
  if (const auto l = levels(Metric::active_users))
    item.evidence += fmt::format("; {:.0f} active users", l->busy);
  return item;
}

}  // namespace faultline::foresee
