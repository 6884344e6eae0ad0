// How an area is used, by hour of the week: traffic, utilisation and users where probes bring them,
// complaints where they do not; beside them the quality that it had, and how the use grows. Summed from the
// baselines on request.
#pragma once

#include "rules/foresee/outlook.h"
#include "rules/model/learnt.h"
#include "rules/model/rule_set.h"
#include "rules/model/topology.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace faultline::foresee {

// One hour of a kind of day. NaN: nothing is known.
struct UsageHour {
  double traffic_bps = kNoValue;   // sum over the endpoints that bring it
  double utilisation = kNoValue;   // mean over those, weighted by customers, as are the two below
  double active_users = kNoValue;  // sum
  double rtt_ms = kNoValue;
  double loss_ratio = kNoValue;
  std::uint32_t complaints = 0;  // in the time looked back at
};

// What `demand` goes by: the first of these that the area's endpoints bring.
enum class UsageSource : std::uint8_t { traffic, active_users, utilisation, complaints, none };
inline constexpr std::array<std::string_view, 5> kUsageSourceNames = {"traffic", "active_users",
                                                                      "utilisation", "complaints", "none"};
constexpr std::string_view name(UsageSource source) {
  return kUsageSourceNames[static_cast<std::size_t>(source)];
}

// Of the source's daily amount; not for complaints.
struct Growth {
  double per_week = 0;  // relative: 0.02 is 2 % a week
  double low = 0, high = 0;
  double p = 1;
  std::uint32_t days = 0;
};

struct AreaUsage {
  NodeIndex area;
  std::uint32_t endpoints = 0;
  std::uint64_t customers = 0;
  UsageSource source = UsageSource::none;
  std::optional<std::size_t> busiest;  // bucket with most demand
  std::optional<Growth> growth;
  // How much quality goes with demand: correlation of RTT with demand over the buckets, -1 … 1.
  std::optional<double> rtt_with_demand;
  std::array<UsageHour, kWeekBuckets> hours{};
};

double demand_of(const UsageHour& hour, UsageSource source);

class UsageSum {
 public:
  UsageSum(NodeIndex area, std::shared_ptr<const Topology> topology, std::shared_ptr<const RuleSet> rules);
  void add(EndpointIndex endpoint, const LearntEndpoint& learnt);
  // `complaints` as an Outlook has them; those of the endpoints added are counted in.
  void add_complaints(EndpointIndex endpoint, const std::vector<LocatedComplaint>& complaints);
  AreaUsage finish() const;

 private:
  struct Sum {
    double sum = 0, weight = 0;
    void add(double value, double w) {
      sum += w * value;
      weight += w;
    }
  };
  struct Days {  // of one amount, by age
    std::array<Sum, kLearntDays> days{};
    std::uint16_t last_day = 0;
  };
  void add_profile(const LearntMetric& metric, const MetricRule& rule, double weight,
                   std::array<Sum, kWeekBuckets>& into) const;
  void add_days(const LearntMetric& metric, const MetricRule& rule, double weight, Days& into) const;
  std::optional<Growth> growth_of(const Days& days, bool is_mean) const;

  std::shared_ptr<const Topology> topology_;
  std::shared_ptr<const RuleSet> rules_;
  AreaUsage usage_;
  std::array<Sum, kWeekBuckets> traffic_{}, utilisation_{}, users_{}, rtt_{};
  std::array<Sum, kLossBlocks> loss_{};
  Days traffic_days_, utilisation_days_, users_days_;
};

// Nodes that usage is told of: aggregations and access nodes.
bool is_usage_area(const Node& node);

}  // namespace faultline::foresee
