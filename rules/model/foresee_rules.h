// The numbers of rules/foresee: forecasts, capacity, risk, hints. None has a default here:
// rules/defaults/foresee.yaml holds them all, each with its reason.
#pragma once

#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace faultline {

// Trend of the daily medians, and what else they show.
struct TrendRules {
  std::uint32_t days_at_least = 0;  // measured, of 28
  double significance = 0;          // Mann-Kendall p below this
  double horizon_days = 0;          // a crossing later than this is not told
  double interval_z = 0;            // of the slope's interval: 1.2816 is 80 %
  double shift_share = 0;           // of a change, within two days: a shift, not a slow one
};

struct CapacityRules {
  std::uint32_t strained_days = 0;  // of the last 14
};

// What the risk list weighs; the names are the keys of `weights`.
enum class RiskFactor : std::uint8_t {
  bad_minutes_7d,
  bad_minutes_28d,
  falls_28d,
  suspicions_a_day,
  scale_growth,
  trend,
  complaints_28d,
  site_incidents,
};
inline constexpr std::size_t kRiskFactorCount = 8;
inline constexpr std::array<std::string_view, kRiskFactorCount> kRiskFactorNames = {
    "bad_minutes_7d", "bad_minutes_28d", "falls_28d",      "suspicions_a_day",
    "scale_growth",   "trend",           "complaints_28d", "site_incidents"};
constexpr std::string_view name(RiskFactor factor) {
  return kRiskFactorNames[static_cast<std::size_t>(factor)];
}

struct RiskRules {
  double bias = 0;       // logit of an average endpoint's risk
  double largest_z = 0;  // a factor is cut here, in standard deviations over the endpoints
  std::uint32_t listed = 0;
  std::array<double, kRiskFactorCount> weights{};
};

struct HintRules {
  double good_rsrp_dbm = 0;               // from here on coverage is no excuse
  double poor_sinr_db = 0;                // at most: interference
  double poor_rsrp_dbm = 0;               // at most: a coverage hole, if
  std::uint32_t hole_complaints = 0;      // so many complaints come from it
  double idle_utilisation = 0;            // a neighbour's busy hour at most
  std::uint32_t power_incidents = 0;      // at one node
  std::uint32_t strays = 0;               // incidents an endpoint was a stray member of
  std::uint32_t customer_complaints = 0;  // of one customer, unexplained
};

struct ForeseeRules {
  Duration refresh{};                 // how long what was worked out stands
  Duration complaints_back{};         // how far back complaints are looked at,
  Duration incidents_back{};          // and incidents
  std::uint32_t most_complaints = 0;  // the latest so many
  TrendRules trend;
  CapacityRules capacity;
  RiskRules risk;
  HintRules hints;
};

}  // namespace faultline
