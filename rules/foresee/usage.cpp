#include "rules/foresee/usage.h"

#include "rules/foresee/trend.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline::foresee {
namespace {

// A day counts only if nearly all that bring the amount have measured it: a missing port is no decline.
constexpr double kNearlyAll = 0.9;

std::optional<double> correlation(const AreaUsage& usage) {
  double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (const UsageHour& hour : usage.hours) {
    const double x = demand_of(hour, usage.source), y = hour.rtt_ms;
    if (std::isnan(x) || std::isnan(y)) continue;
    n += 1, sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
  }
  const double vx = n * sxx - sx * sx, vy = n * syy - sy * sy;
  if (n < 12 || vx <= 1e-9 * n * sxx || vy <= 1e-9 * n * syy) return std::nullopt;
  return (n * sxy - sx * sy) / std::sqrt(vx * vy);
}

}  // namespace

bool is_usage_area(const Node& node) {
  if (node.retired) return false;
  switch (node.kind) {
    case NodeKind::aggregation:
    case NodeKind::site:
    case NodeKind::olt:
    case NodeKind::cmts:
    case NodeKind::dslam:
      return true;
    default:
      return false;
  }
}

double demand_of(const UsageHour& hour, UsageSource source) {
  switch (source) {
    case UsageSource::traffic:
      return hour.traffic_bps;
    case UsageSource::active_users:
      return hour.active_users;
    case UsageSource::utilisation:
      return hour.utilisation;
    case UsageSource::complaints:
      return hour.complaints;
    case UsageSource::none:
      break;
  }
  return kNoValue;
}

UsageSum::UsageSum(NodeIndex area, std::shared_ptr<const Topology> topology,
                   std::shared_ptr<const RuleSet> rules)
    : topology_(std::move(topology)), rules_(std::move(rules)) {
  usage_.area = area;
}

void UsageSum::add_profile(const LearntMetric& metric, const MetricRule& rule, double weight,
                           std::array<Sum, kWeekBuckets>& into) const {
  for (std::size_t b = 0; b < kWeekBuckets; ++b)
    if (!std::isnan(metric.profile[b])) into[b].add(untransformed(rule, metric.profile[b]), weight);
}

void UsageSum::add_days(const LearntMetric& metric, const MetricRule& rule, double weight, Days& into) const {
  if (metric.last_day > into.last_day) {  // what is there is that much older
    const std::size_t by =
        std::min<std::size_t>(into.last_day == 0 ? 0 : metric.last_day - into.last_day, kLearntDays);
    std::rotate(into.days.begin(), into.days.begin() + static_cast<std::ptrdiff_t>(by), into.days.end());
    std::fill(into.days.end() - static_cast<std::ptrdiff_t>(by), into.days.end(), Sum{});
    into.last_day = metric.last_day;
  }
  const std::size_t behind = into.last_day - metric.last_day;
  for (std::size_t i = behind; i < kLearntDays; ++i)
    if (!std::isnan(metric.days[i])) into.days[i - behind].add(untransformed(rule, metric.days[i]), weight);
}

void UsageSum::add(EndpointIndex e, const LearntEndpoint& learnt) {
  const Endpoint& endpoint = topology_->endpoint(e);
  if (endpoint.retired) return;
  ++usage_.endpoints;
  usage_.customers += endpoint.customers;
  const double customers = endpoint.customers;
  const auto each = [&](Metric metric, auto&& take) {
    if (const LearntMetric* m = learnt.find(metric))
      take(*m, rules_->detect.metric(endpoint.technology, metric));
  };
  each(Metric::traffic_bps, [&](const LearntMetric& m, const MetricRule& rule) {
    add_profile(m, rule, 1, traffic_);
    add_days(m, rule, 1, traffic_days_);
  });
  each(Metric::active_users, [&](const LearntMetric& m, const MetricRule& rule) {
    add_profile(m, rule, 1, users_);
    add_days(m, rule, 1, users_days_);
  });
  each(Metric::utilisation, [&](const LearntMetric& m, const MetricRule& rule) {
    add_profile(m, rule, customers, utilisation_);
    add_days(m, rule, customers, utilisation_days_);
  });
  each(Metric::rtt_ms,
       [&](const LearntMetric& m, const MetricRule& rule) { add_profile(m, rule, customers, rtt_); });
  for (std::size_t b = 0; b < kLossBlocks; ++b)
    if (!std::isnan(learnt.loss_ratio[b])) loss_[b].add(learnt.loss_ratio[b], customers);
}

void UsageSum::add_complaints(EndpointIndex endpoint, const std::vector<LocatedComplaint>& complaints) {
  const auto before = [](const LocatedComplaint& c, EndpointIndex e) { return c.endpoint < e; };
  for (auto it = std::lower_bound(complaints.begin(), complaints.end(), endpoint, before);
       it != complaints.end() && it->endpoint == endpoint; ++it)
    ++usage_.hours[it->bucket % kWeekBuckets].complaints;
}

std::optional<Growth> UsageSum::growth_of(const Days& days, bool is_mean) const {
  double most = 0;
  for (const Sum& day : days.days) most = std::max(most, day.weight);
  std::vector<DayValue> values;
  for (std::size_t i = 0; i < kLearntDays; ++i) {
    const Sum& day = days.days[i];
    if (day.weight <= 0 || day.weight < kNearlyAll * most) continue;
    // Of a sum over nearly all: as if all had been there.
    const double value = is_mean ? day.sum / day.weight : day.sum * most / day.weight;
    values.push_back({static_cast<double>(i), value});
  }
  if (values.size() < rules_->foresee.trend.days_at_least) return std::nullopt;
  const auto line = theil_sen(values, rules_->foresee.trend.interval_z);
  const double level = level_at(values, 0, 0);  // the median day
  if (!line || level <= 0) return std::nullopt;
  return Growth{7 * line->per_day / level, 7 * line->low / level, 7 * line->high / level,
                mann_kendall(values).p, static_cast<std::uint32_t>(values.size())};
}

AreaUsage UsageSum::finish() const {
  AreaUsage usage = usage_;
  const auto mean = [](const Sum& s) {
    return s.weight > 0 ? s.sum / s.weight : static_cast<double>(kNoValue);
  };
  const auto total = [](const Sum& s) { return s.weight > 0 ? s.sum : static_cast<double>(kNoValue); };
  for (std::size_t b = 0; b < kWeekBuckets; ++b) {
    UsageHour& hour = usage.hours[b];
    hour.traffic_bps = total(traffic_[b]);
    hour.active_users = total(users_[b]);
    hour.utilisation = mean(utilisation_[b]);
    hour.rtt_ms = mean(rtt_[b]);
    hour.loss_ratio = mean(loss_[b % kDayHours / (kDayHours / kLossBlocks)]);
  }
  for (const UsageSource source :
       {UsageSource::traffic, UsageSource::active_users, UsageSource::utilisation, UsageSource::complaints}) {
    double most = 0;
    for (std::size_t b = 0; b < kWeekBuckets; ++b) {
      const double demand = demand_of(usage.hours[b], source);
      if (!(demand > most)) continue;
      most = demand;
      usage.busiest = b;
    }
    if (!usage.busiest) continue;
    usage.source = source;
    break;
  }
  if (usage.source == UsageSource::traffic) usage.growth = growth_of(traffic_days_, false);
  if (usage.source == UsageSource::active_users) usage.growth = growth_of(users_days_, false);
  if (usage.source == UsageSource::utilisation) usage.growth = growth_of(utilisation_days_, true);
  usage.rtt_with_demand = correlation(usage);
  return usage;
}

}  // namespace faultline::foresee
