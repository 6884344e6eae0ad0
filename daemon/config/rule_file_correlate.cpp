// The keys of the section `correlate` (rules/defaults/correlate.yaml).
#include "daemon/config/rule_file_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace faultline::config {
namespace {

using namespace std::chrono_literals;
constexpr double kRate = 1e4;
constexpr double kNats = 1000;
constexpr double kMetres = 1e6;

// A list of {value, weight}; given at all it replaces the whole mixture.
void bind_mixture(Binder& section, std::string_view key, Mixture& mixture, double minimum, double maximum) {
  const auto items = section.list(key);
  if (items.empty()) return;
  Mixture read;
  double sum = 0;
  for (const Value& item : items) {
    MixturePoint point;
    Binder entry(item.map(), true);
    entry.bind("value", point.value, minimum, maximum);
    entry.bind("weight", point.weight, 1e-6, 1);
    sum += point.weight;
    read.push_back(point);
  }
  section.expect(std::abs(sum - 1) < 1e-3,
                 fmt::format("the weights of {} add up to {:.3f}, not to 1", key, sum));
  mixture = std::move(read);
}

void bind_guard(Binder section, GuardRules& rules) {
  section.bind("groups", rules.groups, 1, 1000);
  section.bind("group_share", rules.group_share, 0, 1);
  section.bind("results", rules.results, 1, 1000);
  section.bind("bad_share", rules.bad_share, 0, 1);
}

void bind_node_rates(Binder section, std::array<double, kNodeKindCount>& rates) {
  for (std::size_t kind = 0; kind < kNodeKindCount; ++kind)
    section.bind(kNodeKindNames[kind], rates[kind], 1e-6, kRate);
}

void bind_localise(Binder section, LocaliseRules& rules) {
  section.bind("endpoint_faults_per_year", rules.endpoint_faults_per_year, 1e-6, kRate);
  section.section("node_faults_per_year",
                  [&](Binder kinds) { bind_node_rates(std::move(kinds), rules.node_faults_per_year); });
  section.bind("correlation_window", rules.correlation_window, 1s, 24h);
  bind_mixture(section, "spared", rules.spared, 1e-6, 0.999);
  bind_mixture(section, "spread", rules.spread, 1e-6, 1);
  bind_mixture(section, "spread_core", rules.spread_core, 1e-6, 1);
  section.section("aggregation", [&](Binder guard) { bind_guard(std::move(guard), rules.aggregation); });
  section.section("core", [&](Binder guard) { bind_guard(std::move(guard), rules.core); });
  section.section("shared_risk", [&](Binder guard) { bind_guard(std::move(guard), rules.shared_risk); });
  section.bind("bad_nats", rules.bad_nats, 0.1, kNats);
  section.bind("ambiguity_nats", rules.ambiguity_nats, 0, kNats);
  section.bind("onset_quantile", rules.onset_quantile, 0, 1);
  section.bind("onset_spread", rules.onset_spread, 1s, 24h);
  section.bind("hidden_distance_m", rules.hidden_distance_m, 0, kMetres);
  section.bind("hidden_bad_share", rules.hidden_bad_share, 0, 1);
  section.bind("hidden_spread", rules.hidden_spread, 0s, 24h);
  section.bind("every", rules.every, 1s, 1h);
  section.bind("healthy_evidence", rules.healthy_evidence);
  section.bind("tests", rules.tests, 0, 10'000);
}

void bind_geocode(Binder section, GeocodeRules& rules) {
  section.bind("cell_share", rules.cell_share, 0, 1);
  section.bind("near_share", rules.near_share, 0, 1);
  section.bind("far_deviation_m", rules.far_deviation_m, 1, kMetres);
  section.bind("least_accuracy_m", rules.least_accuracy_m, 1, kMetres);
  section.bind("centroid_customers", rules.centroid_customers, 2, 1000);
  section.bind("centroid_deviation_m", rules.centroid_deviation_m, 1, kMetres);
  section.bind("reach_m", rules.reach_m, 1, kMetres);
  section.bind("endpoints", rules.endpoints, 1, 100'000);
  section.expect(rules.least_accuracy_m <= rules.far_deviation_m,
                 "least_accuracy_m must not be above far_deviation_m");
}

void bind_attach(Binder section, AttachRules& rules) {
  section.bind("call_in_hard_fixed", rules.call_in.hard_fixed, 0, 1);
  section.bind("call_in_hard_mobile", rules.call_in.hard_mobile, 0, 1);
  section.bind("call_in_soft_fixed", rules.call_in.soft_fixed, 0, 1);
  section.bind("call_in_soft_mobile", rules.call_in.soft_mobile, 0, 1);
  section.bind("delay_median", rules.call_in.delay_median, 1s, 24h);
  section.bind("delay_sigma", rules.call_in.delay_sigma, 0.01, 10);
  section.bind("least_probability", rules.least_probability, 0, 1);
  section.bind("least_coverage", rules.least_coverage, 0, 1);
  section.bind("early", rules.early, 0s, 24h);
  section.bind("floor", rules.floor, 1s, 24h);
  section.bind("other_service", rules.other_service, 0, 1);
  section.bind("after_recovery", rules.after_recovery, 0, 1);
  section.bind("after_recovery_limit", rules.after_recovery_limit, 0s, 24h);
  section.bind("look_back", rules.look_back, 1min, 24h);
}

void bind_usual(Binder section, UsualRules& rules) {
  section.bind("half_life", rules.half_life, 1h, 24h * 3650);
  section.bind("level_prior", rules.level_prior, 0.1, 1e6);
  section.bind("hour_prior", rules.hour_prior, 0.1, 1e6);
  section.bind("area_prior", rules.area_prior, 0.1, 1e6);
  section.bind("dispersion_prior", rules.dispersion_prior, 0.1, 1e9);
  section.bind("least_dispersion", rules.least_dispersion, 0.1, 1e6);
  section.bind("most_dispersion", rules.most_dispersion, 0.1, 1e6);
}

void bind_area(Binder section, AreaRules& rules) {
  section.bind("enabled", rules.enabled);
  section.bind("square_m", rules.square_m, 100, 100'000);
  section.bind("radii_m", std::span<double>(rules.radii_m), 100, 100'000);
  section.bind("recent", rules.recent, 1min, 24h);
  section.bind("sites", rules.sites, 2, 1000);
  section.bind("complaints", rules.complaints, 2, 10'000);
  section.bind("unnamed_share", rules.unnamed_share, 0, 1);
  section.bind("tail_factor", rules.tail_factor, 1e-9, 1);
  section.bind("faults_per_year", rules.faults_per_year, 1e-6, kRate);
  section.bind("cover_share", rules.cover_share, 0.01, 1);
  section.bind("centres", rules.centres, 1, 1000);
  section.bind("weighed", rules.weighed, 1, 1000);
  section.bind("squares_a_second", rules.squares_a_second, 1, 1000);
  section.expect(std::is_sorted(rules.radii_m.begin(), rules.radii_m.end()), "radii_m must ascend");
}

void bind_scan(Binder section, ScanRules& rules) {
  section.bind("mobile_per_hour", rules.mobile_per_hour, 1e-12, 1);
  section.bind("fixed_per_hour", rules.fixed_per_hour, 1e-12, 1);
  section.bind("hour_profile", std::span<double>(rules.hour_profile), 1e-3, 100);
  section.bind("utc_offset", rules.utc_offset, 0s, 24h);
  if (const auto items = section.list("windows"); !items.empty()) {
    rules.windows.clear();
    for (const Value& item : items)
      if (const auto window = item.duration(1min, 24h)) rules.windows.push_back(*window);
    std::sort(rules.windows.begin(), rules.windows.end());  // the area scan looks at the shortest first
  }
  bind_mixture(section, "uplift", rules.uplift, 1, 1e6);
  section.section("usual", [&](Binder part) { bind_usual(std::move(part), rules.usual); });
  section.bind("least_tail", rules.least_tail, 1e-15, 1);
  section.bind("dispersion", rules.dispersion, 0.1, 1e6);
  section.bind("complaints", rules.complaints, 1, 10'000);
  section.bind("groups", rules.groups, 1, 1000);
  section.bind("group_nats", rules.group_nats, -kNats, kNats);
  section.bind("silent_nats", rules.silent_nats, -kNats, 0);
  section.bind("halo", rules.halo);
  section.bind("located_share", rules.located_share, 0, 1);
  section.bind("dedup", rules.dedup, 0s, 24h);
  section.bind("line_window", rules.line_window, 1min, 24h);
  section.bind("line_nats", rules.line_nats, 0, kNats);
  section.bind("probed_nats", rules.probed_nats, 0, kNats);
  section.bind("night_window", rules.night_window, 1min, 24h);
  section.bind("night_from", rules.night_from, 0s, 24h);
  section.bind("night_until", rules.night_until, 0s, 24h);
  section.bind("surge_window", rules.surge_window, 1min, 24h);
  section.bind("surge_prior", rules.surge_prior, 0.1, 1e6);
  section.bind("surge_least", rules.surge_least, 1, 1000);
  section.bind("surge_usual", rules.surge_usual, 1, 1e6);
  section.section("area", [&](Binder part) { bind_area(std::move(part), rules.area); });
}

void bind_probe(Binder section, ProbeRules& rules) {
  section.bind("bursts_per_second", rules.bursts_per_second, 0, 1e6);
  section.bind("burst_reserve", rules.burst_reserve, 1, 1e6);
  section.bind("endpoint_spacing", rules.endpoint_spacing, 0s, 24h);
  section.bind("network_spacing", rules.network_spacing, 0s, 24h);
  section.bind("per_aggregation", rules.per_aggregation, 0, 1000);
  section.bind("siblings", rules.siblings, 0, 1000);
  section.bind("first_siblings", rules.first_siblings, 0, 1000);
  section.bind("first_groups", rules.first_groups, 0, 1000);
  section.bind("watch", rules.watch, 0s, 24h);
  section.bind("watch_spacing", rules.watch_spacing, 0s, 24h);
  section.bind("hold_members", rules.hold_members, 0, 10'000);
  section.bind("per_complaint", rules.per_complaint, 0, 1000);
  section.expect(rules.first_siblings <= rules.siblings, "first_siblings must not be above siblings");
  section.expect(rules.watch_spacing <= rules.watch, "watch_spacing must not be above watch");
}

}  // namespace

void bind_correlate(Binder section, CorrelateRules& rules) {
  section.section("localise", [&](Binder part) { bind_localise(std::move(part), rules.localise); });
  section.section("geocode", [&](Binder part) { bind_geocode(std::move(part), rules.geocode); });
  section.section("attach", [&](Binder part) { bind_attach(std::move(part), rules.attach); });
  section.section("scan", [&](Binder part) { bind_scan(std::move(part), rules.scan); });
  section.section("probe", [&](Binder part) { bind_probe(std::move(part), rules.probe); });
}

}  // namespace faultline::config
