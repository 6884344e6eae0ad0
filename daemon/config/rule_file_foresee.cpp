// The keys of the section `foresee` (rules/defaults/foresee.yaml).
#include "daemon/config/rule_file_sections.h"

#include <chrono>

namespace faultline::config {
namespace {

using namespace std::chrono_literals;

void bind_trend(Binder section, TrendRules& rules) {
  section.bind("days_at_least", rules.days_at_least, 4, 28);
  section.bind("significance", rules.significance, 1e-9, 1);
  section.bind("horizon_days", rules.horizon_days, 1, 3650);
  section.bind("interval_z", rules.interval_z, 0.1, 10);
  section.bind("shift_share", rules.shift_share, 0.1, 1);
}

void bind_risk(Binder section, RiskRules& rules) {
  section.bind("bias", rules.bias, -100, 100);
  section.bind("largest_z", rules.largest_z, 0.1, 100);
  section.bind("listed", rules.listed, 1, 100'000);
  section.section("weights", [&](Binder weights) {
    for (std::size_t f = 0; f < kRiskFactorCount; ++f)
      weights.bind(kRiskFactorNames[f], rules.weights[f], -100, 100);
  });
}

void bind_hints(Binder section, HintRules& rules) {
  section.bind("good_rsrp_dbm", rules.good_rsrp_dbm, -200, 0);
  section.bind("poor_sinr_db", rules.poor_sinr_db, -30, 60);
  section.bind("poor_rsrp_dbm", rules.poor_rsrp_dbm, -200, 0);
  section.bind("hole_complaints", rules.hole_complaints, 1, 1'000'000);
  section.bind("idle_utilisation", rules.idle_utilisation, 0, 1);
  section.bind("power_incidents", rules.power_incidents, 1, 1'000'000);
  section.bind("strays", rules.strays, 1, 1'000'000);
  section.bind("customer_complaints", rules.customer_complaints, 1, 1'000'000);
  section.expect(rules.poor_rsrp_dbm < rules.good_rsrp_dbm, "poor_rsrp_dbm must be below good_rsrp_dbm");
}

}  // namespace

void bind_foresee(Binder section, ForeseeRules& rules) {
  section.bind("refresh", rules.refresh, 1s, 24h * 7);
  section.bind("complaints_back", rules.complaints_back, 24h, 24h * 400);
  section.bind("incidents_back", rules.incidents_back, 24h, 24h * 1100);
  section.bind("most_complaints", rules.most_complaints, 1, 1'000'000);
  section.section("trend", [&](Binder s) { bind_trend(std::move(s), rules.trend); });
  section.section("capacity",
                  [&](Binder s) { s.bind("strained_days", rules.capacity.strained_days, 1, 14); });
  section.section("risk", [&](Binder s) { bind_risk(std::move(s), rules.risk); });
  section.section("hints", [&](Binder s) { bind_hints(std::move(s), rules.hints); });
}

}  // namespace faultline::config
