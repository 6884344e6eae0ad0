// The keys of the sections `decide` (rules/defaults/decide.yaml) and `causes` (rules/defaults/causes.yaml).
#include "daemon/config/rule_file_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace faultline::config {
namespace {

using namespace std::chrono_literals;
constexpr double kNats = 1000;
constexpr double kCustomers = 1e9;
constexpr std::array<std::string_view, 5> kLevelNames = {"A", "B", "C", "D", "E"};

void bind_opening(Binder section, OpeningRules& rules) {
  section.bind("base_nats", rules.base_nats, -kNats, kNats);
  section.bind("customers", rules.customers, 1, kCustomers);
  section.bind("hold_wide", rules.hold_wide, 0s, 24h);
  section.bind("hold_site", rules.hold_site, 0s, 24h);
  section.bind("hold_endpoint", rules.hold_endpoint, 0s, 24h);
  section.bind("hold_endpoint_worse", rules.hold_endpoint_worse, 0s, 24h);
  section.bind("detection", rules.detection, 0s, 10min);
  section.bind("hold_flapping", rules.hold_flapping, 0s, 24h);
  section.bind("hold_complaints", rules.hold_complaints, 0s, 24h);
  section.bind("fresh_bad_share", rules.fresh_bad_share, 0, 1);
  section.bind("fresh", rules.fresh, 1s, 24h);
  section.bind("fresh_good", rules.fresh_good, 1s, 24h);
  section.bind("remeasure", rules.remeasure, 0s, 24h);
  section.bind("repeat_nats", rules.repeat_nats, 0, kNats);
  section.bind("repeat_limit_nats", rules.repeat_limit_nats, 0, kNats);
  section.bind("parent_share", rules.parent_share, 0, 1);
  section.bind("parent_results", rules.parent_results, 0, 1000);
  section.bind("parent_patience", rules.parent_patience, 0s, 24h);
  section.expect(
      rules.hold_endpoint <= rules.hold_endpoint_worse && rules.hold_endpoint_worse <= rules.hold_flapping,
      "hold_endpoint, hold_endpoint_worse and hold_flapping must not fall in this order: what is less "
      "certain waits longer");
  section.expect(rules.repeat_nats <= rules.repeat_limit_nats,
                 "repeat_nats must not be above repeat_limit_nats");
}

void bind_identity(Binder section, IdentityRules& rules) {
  section.bind("coherence", rules.coherence, 0s, 24h);
  section.bind("reroot_age", rules.reroot_age, 0s, 24h);
  section.bind("complaint_age", rules.complaint_age, 0s, 24h);
  section.bind("ancestor_age", rules.ancestor_age, 0s, 24h);
  section.bind("ancestor_wait", rules.ancestor_wait, 0s, 24h);
  section.bind("stray_site", rules.stray_site, 0s, 24h);
  section.bind("stray_wide", rules.stray_wide, 0s, 24h);
  section.bind("wrong_edge_ratio", rules.wrong_edge_ratio, 0, 1);
  section.bind("stray_odds", rules.stray_odds, 0, 1e6);
  section.bind("endpoint_faults_per_year", rules.endpoint_faults_per_year, 1e-6, 1e4);
  section.bind("update_spacing", rules.update_spacing, 0s, 24h);
}

void bind_ending(Binder section, EndingRules& rules) {
  section.bind("recovery", rules.recovery, 0s, 24h);
  section.bind("doublings", rules.doublings, 0, 20);
  section.bind("longest_recovery", rules.longest_recovery, 0s, 24h * 7);
  section.bind("fresh_share", rules.fresh_share, 0, 1);
  section.bind("complaints_quiet", rules.complaints_quiet, 0s, 24h);
  section.bind("last_share", rules.last_share, 0, 1);
  section.bind("last_members", rules.last_members, 0s, 24h);
  section.bind("reopen", rules.reopen, 0s, 24h * 7);
  section.bind("reopen_endpoint", rules.reopen_endpoint, 0s, 24h * 7);
  section.bind("close", rules.close, 0s, 24h * 30);
  section.expect(rules.recovery <= rules.longest_recovery, "recovery must not be above longest_recovery");
  section.expect(rules.reopen <= rules.close && rules.reopen_endpoint <= rules.close,
                 "reopen and reopen_endpoint must not be above close: what is closed is not reopened");
}

void bind_narrowing(Binder section, NarrowingRules& rules) {
  section.bind("age", rules.age, 0s, 24h);
  section.bind("lead_nats", rules.lead_nats, 0, kNats);
  section.bind("patience", rules.patience, 0s, 24h);
  section.bind("every", rules.every, 1s, 1h);
  section.bind("split_share", rules.split_share, 0, 1);
}

void bind_severity(Binder section, SeverityRules& rules) {
  section.bind("critical", rules.critical, 0, kCustomers);
  section.bind("major", rules.major, 0, kCustomers);
  section.bind("minor", rules.minor, 0, kCustomers);
  section.bind("weight_hard", rules.weight_hard, 0, 10);
  section.bind("weight_major", rules.weight_major, 0, 10);
  section.bind("weight_minor", rules.weight_minor, 0, 10);
  section.bind("hard_loss", rules.hard_loss, 0, 1);
  section.bind("major_loss", rules.major_loss, 0, 1);
  section.bind("long_lasting", rules.long_lasting, 0s, 24h * 7);
  section.bind("lower_after", rules.lower_after, 0s, 24h);
  section.expect(rules.critical >= rules.major && rules.major >= rules.minor,
                 "critical, major and minor must not rise in this order");
  section.expect(rules.hard_loss >= rules.major_loss, "hard_loss must not be below major_loss");
  section.expect(rules.weight_hard >= rules.weight_major && rules.weight_major >= rules.weight_minor,
                 "weight_hard, weight_major and weight_minor must not rise in this order");
}

void bind_probe_host(Binder section, GuardRulesOfHost& rules) {
  section.bind("sick_hold", rules.sick_hold, 0s, 24h);
  section.bind("recover", rules.recover, 0s, 24h);
  section.bind("settle", rules.settle, 0s, 24h);
  section.bind("doubt", rules.doubt, 0s, 24h);
  section.bind("mass_results", rules.mass_results, 1, 1'000'000);
  section.bind("mass_lost_share", rules.mass_lost_share, 0, 1);
  section.bind("mass_suspect_share", rules.mass_suspect_share, 0, 1);
  section.bind("mass_aggregations", rules.mass_aggregations, 1, 1'000'000);
  section.bind("mass_window", rules.mass_window, 1s, 24h);
  section.bind("sample", rules.sample, 1, 10'000);
  section.bind("clean_share", rules.clean_share, 0, 1);
  section.bind("sample_patience", rules.sample_patience, 1s, 24h);
}

void bind_prior(Binder section, std::array<double, kCauseCount>& prior) {
  for (std::size_t cause = 0; cause < kCauseCount; ++cause)
    section.bind(kCauseNames[cause], prior[cause], 1e-9, 1);
}

// "A D A E D E E E E D": one level per cause.
void bind_row(Binder& section, std::string_view key, std::array<std::uint8_t, kCauseCount>& row) {
  std::string text;
  section.bind(key, text);
  if (text.empty()) return;
  std::string letters;
  for (const char c : text)
    if (c != ' ') letters += c;
  const bool fits = letters.size() == kCauseCount && letters.find_first_not_of("ABCDE") == std::string::npos;
  section.expect(fits, fmt::format("{} needs {} letters from A to E, one per cause", key, kCauseCount));
  for (std::size_t cause = 0; fits && cause < kCauseCount; ++cause)
    row[cause] = static_cast<std::uint8_t>(letters[cause] - 'A');
}

}  // namespace

void bind_decide(Binder section, DecideRules& rules) {
  section.section("opening", [&](Binder part) { bind_opening(std::move(part), rules.opening); });
  section.section("identity", [&](Binder part) { bind_identity(std::move(part), rules.identity); });
  section.section("ending", [&](Binder part) { bind_ending(std::move(part), rules.ending); });
  section.section("narrowing", [&](Binder part) { bind_narrowing(std::move(part), rules.narrowing); });
  section.section("severity", [&](Binder part) { bind_severity(std::move(part), rules.severity); });
  section.section("probe_host", [&](Binder part) { bind_probe_host(std::move(part), rules.probe_host); });
  section.section("storm", [&](Binder part) {
    part.bind("per_minute", rules.storm.per_minute, 1, 1'000'000);
    part.bind("per_hour", rules.storm.per_hour, 1, 1'000'000);
    part.expect(rules.storm.per_minute <= rules.storm.per_hour, "per_minute must not be above per_hour");
  });
  section.section("maintenance", [&](Binder part) {
    part.bind("grace", rules.maintenance.grace, 0s, 24h);
    part.bind("overrun", rules.maintenance.overrun, 0s, 24h);
  });
}

void bind_causes(Binder section, CauseRules& rules) {
  section.bind("discount", rules.discount, 0, 1);
  section.bind("determined", rules.determined, 0, 1);
  section.bind("step", rules.step, 0s, 24h);
  section.bind("ramp", rules.ramp, 0s, 24h);
  section.bind("busy_from", rules.busy_from, 0, 23);
  section.bind("busy_until", rules.busy_until, 0, 24);
  section.bind("utc_offset", rules.utc_offset, 0s, 24h);
  section.bind("same_hour", rules.same_hour, 0s, 6h);
  section.bind("recurs_days", rules.recurs_days, 1, 7);
  section.bind("strong_rsrp_dbm", rules.strong_rsrp_dbm, -156, -31);
  section.bind("strong_rscp_dbm", rules.strong_rscp_dbm, -121, -24);
  section.expect(rules.step < rules.ramp, "step must be below ramp");
  section.expect(rules.busy_from < rules.busy_until, "busy_from must be below busy_until");
  section.section("levels", [&](Binder levels) {
    for (std::size_t level = 0; level < kLevelNames.size(); ++level)
      levels.bind(kLevelNames[level], rules.levels[level], 1e-9, 1);
    levels.expect(std::is_sorted(rules.levels.rbegin(), rules.levels.rend()),
                  "A to E must not rise in this order");
  });
  section.section("prior", [&](Binder prior) { bind_prior(std::move(prior), rules.prior); });
  section.section("table", [&](Binder table) {
    for (std::size_t feature = 0; feature < kCauseFeatureCount; ++feature)
      bind_row(table, kCauseFeatureNames[feature], rules.table[feature]);
  });
}

}  // namespace faultline::config
