// What is foreseen and advised, as plain data for the API: the result of a Survey. Texts are for people, with
// numbers; nothing here opens a ticket.
#pragma once

#include "rules/model/foresee_rules.h"
#include "rules/model/index.h"
#include "rules/model/metric.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::foresee {

// crossing: a trend leads over the critical limit. slow_degradation: the last three days are worse than the
// weeks before by more than the smallest deviation. baseline_shift: so much changed within two days, for
// better or worse.
enum class FindingKind : std::uint8_t { crossing, slow_degradation, baseline_shift };
inline constexpr std::array<std::string_view, 3> kFindingKindNames = {"crossing", "slow_degradation",
                                                                      "baseline_shift"};
constexpr std::string_view name(FindingKind kind) {
  return kFindingKindNames[static_cast<std::size_t>(kind)];
}

// Values in the metric's own unit.
struct Finding {
  FindingKind kind = FindingKind::crossing;
  EndpointIndex endpoint;
  ProbeKindIndex probe = 0;
  Metric metric = Metric::rtt_ms;
  std::uint32_t days_measured = 0;
  double now = 0;
  double before = 0;             // level of the weeks before; of a crossing: at the oldest day
  std::optional<double> limit;   // of a crossing, as are the next four
  double per_day = 0;            // at the present level
  double days = 0, soonest = 0;  // until the limit
  std::optional<double> latest;  // empty: perhaps never
  std::optional<double> p;       // Mann-Kendall
  std::string text;              // "crosses -27 dBm in 24 d (80 %: 15-41)"
};

struct CapacityItem {
  EndpointIndex endpoint;
  std::uint32_t customers = 0;
  std::uint8_t busy_hour = 0;  // local
  std::uint8_t strained_days = 0, days = 0;
  double index = 0;   // strained_days / 14
  double weight = 0;  // customers * index
  bool chronic = false;
  std::string evidence;
};

struct RiskReason {
  RiskFactor factor = RiskFactor::bad_minutes_7d;
  double value = 0;         // as measured
  double contribution = 0;  // to the logit
};
struct RiskItem {
  EndpointIndex endpoint;
  double score = 0;                 // 0 … 1
  std::vector<RiskReason> reasons;  // those that speak for it, strongest first
};

enum class HintKind : std::uint8_t {
  interference,
  coverage_hole,
  load_balance,
  split_node,
  clean_optics,
  battery,
  inventory_edge,
  customer_wifi,
};
inline constexpr std::array<std::string_view, 8> kHintKindNames = {
    "interference", "coverage_hole", "load_balance",   "split_node",
    "clean_optics", "battery",       "inventory_edge", "customer_wifi"};
constexpr std::string_view name(HintKind kind) {
  return kHintKindNames[static_cast<std::size_t>(kind)];
}

struct Hint {
  HintKind kind = HintKind::interference;
  std::optional<EndpointIndex> endpoint;  // one of the two
  std::optional<NodeIndex> node;
  std::uint64_t customers = 0;
  std::string advice;    // what to do
  std::string evidence;  // on which figures
  std::string gain;      // what it would bring
};

// A complaint of the last weeks, at the endpoint that serves its place best.
struct LocatedComplaint {
  EndpointIndex endpoint;
  std::uint8_t bucket = 0;  // week_bucket of its receipt
};

struct Outlook {
  Timestamp made{};
  std::size_t endpoints = 0;                 // looked at
  std::vector<Finding> findings;             // soonest crossing first, then the others
  std::vector<CapacityItem> capacity;        // heaviest first
  std::vector<RiskItem> risk;                // highest first
  std::vector<Hint> hints;                   // by kind, then by customers
  std::vector<LocatedComplaint> complaints;  // sorted by endpoint
};

}  // namespace faultline::foresee
