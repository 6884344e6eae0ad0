// The keys of the section `detect` (rules/defaults/detect.yaml).
#include "daemon/config/rule_file_sections.h"

#include <fmt/format.h>

#include <chrono>

namespace faultline::config {
namespace {

using namespace std::chrono_literals;
constexpr double kMost = 1e9;

void bind_counts(Binder section, CountRules& rules) {
  section.bind("good_ratio", rules.good_ratio, 1e-6, 0.5);
  section.bind("fast_ratio", rules.fast_ratio, 1e-6, 0.99);
  section.bind("fast_factor", rules.fast_factor, 1, 1000);
  section.bind("fast_cap", rules.fast_cap, 0.1, 1000);
  section.bind("fast_threshold", rules.fast_threshold, 0.1, 1000);
  section.bind("grey_ratio", rules.grey_ratio, 1e-6, 0.99);
  section.bind("grey_factor", rules.grey_factor, 1, 1000);
  section.bind("grey_cap", rules.grey_cap, 0.1, 1000);
  section.bind("grey_threshold", rules.grey_threshold, 0.1, 1000);
  section.bind("unverified_threshold", rules.unverified_threshold, 0.1, 1000);
  section.bind("learning_rate", rules.learning_rate, 0, 1);
  section.bind("hard_ratio", rules.hard_ratio, 0.01, 1);
  section.bind("all_lost_packets", rules.all_lost_packets, 1, 1000);
  section.expect(rules.good_ratio < rules.fast_ratio, "good_ratio must be below fast_ratio");
  section.expect(rules.good_ratio < rules.grey_ratio, "good_ratio must be below grey_ratio");
  section.expect(rules.grey_ratio <= rules.fast_ratio,
                 "grey_ratio must not be above fast_ratio: it is there for the smaller losses");
  section.expect(rules.fast_threshold <= rules.unverified_threshold,
                 "unverified_threshold must not be below fast_threshold: without a burst more is needed");
}

void bind_change(Binder section, ChangeRules& rules) {
  section.bind("drift", rules.drift, 0, 100);
  section.bind("threshold", rules.threshold, 0.1, 1000);
  section.bind("unverified_drift", rules.unverified_drift, 0, 100);
  section.bind("unverified_threshold", rules.unverified_threshold, 0.1, 1000);
  section.bind("largest_score", rules.largest_score, 0.1, 100);
  section.bind("smallest_share", rules.smallest_share, 0, 1);
  section.expect(rules.drift < rules.largest_score && rules.unverified_drift < rules.largest_score,
                 "a drift must be below largest_score, or nothing is ever found");
  section.expect(rules.threshold <= rules.unverified_threshold,
                 "unverified_threshold must not be below threshold: without a burst more is needed");
}

void bind_baseline(Binder section, BaselineRules& rules) {
  section.bind("utc_offset", rules.utc_offset, 0s, 24h);
  section.bind("score_clip", rules.score_clip, 0.1, 100);
  section.bind("half_life_visits", rules.half_life_visits, 0.1, 1000);
  section.bind("level_hours", rules.level_hours, 0.01, 10'000);
  section.bind("scale_rate", rules.scale_rate, 0, 1);
  section.bind("correlation_rate", rules.correlation_rate, 0, 1);
  section.bind("correlation_start", rules.correlation_start, 0, 0.99);
  section.bind("correlation_limit", rules.correlation_limit, 0, 0.99);
  section.bind("bucket_samples", rules.bucket_samples, 1, 200);
  section.bind("minimum_samples", rules.minimum_samples, 1, 1'000'000);
  section.bind("rebase_after", rules.rebase_after, 1s, 24h * 366);
  section.expect(rules.correlation_start <= rules.correlation_limit,
                 "correlation_start must not be above correlation_limit");
}

void bind_burst(Binder section, BurstRules& rules) {
  section.bind("lost_packets", rules.lost_packets, 1, 1000);
  section.bind("lost_packets_backed", rules.lost_packets_backed, 1, 1000);
  section.bind("backed_statistic", rules.backed_statistic, 0, 1000);
  section.bind("confirm_nats", rules.confirm_nats, 0, 1000);
  section.bind("run_nats", rules.run_nats, 0.1, 1000);
  section.bind("score", rules.score, 0.1, 100);
  section.bind("patience", rules.patience, 1s, 1h);
  section.bind("tries", rules.tries, 1, 100);
  section.bind("spacing", rules.spacing, 1s, 24h);
  section.bind("longest_spacing", rules.longest_spacing, 1s, 24h);
  section.expect(rules.spacing <= rules.longest_spacing, "spacing must not be above longest_spacing");
  section.expect(rules.lost_packets_backed <= rules.lost_packets,
                 "lost_packets_backed must not be above lost_packets");
}

void bind_evidence(Binder section, EvidenceRules& rules) {
  section.bind("lowest", rules.lowest, -100, 0);
  section.bind("highest", rules.highest, 0, 100);
  section.bind("bad_score", rules.bad_score, 0, 100);
}

void bind_recovery(Binder section, RecoveryRules& rules) {
  section.bind("duration", rules.duration, 0s, 24h);
  section.bind("rounds", rules.rounds, 1, 1000);
  section.bind("lost_packets", rules.lost_packets, 0, 1000);
  section.bind("loss_ratio", rules.loss_ratio, 0, 1);
  section.bind("score", rules.score, 0, 100);
  section.bind("limit_margin", rules.limit_margin, 0, 1);
  section.bind("clean_fast", rules.clean_fast, 0, 100);
  section.bind("clean_other", rules.clean_other, 0, 100);
}

void bind_flap(Binder section, FlapRules& rules) {
  section.bind("penalty", rules.penalty, 1, kMost);
  section.bind("half_life", rules.half_life, 1s, 24h);
  section.bind("enter", rules.enter, 1, kMost);
  section.bind("leave", rules.leave, 0, kMost);
  section.bind("longest", rules.longest, 1s, 24h * 7);
  section.expect(rules.leave < rules.enter, "leave must be below enter");
}

void bind_missing(Binder section, MissingRules& rules) {
  section.bind("intervals", rules.intervals, 1, 1000);
  section.bind("forget", rules.forget, 1s, 24h * 30);
  section.bind("first_interval", rules.first_interval, 1s, 24h);
  section.expect(rules.first_interval <= rules.forget, "first_interval must not be above forget");
}

void bind_limit(Binder section, LimitRules& rules) {
  section.bind("breached", rules.breached, 1, 8);
  section.bind("rounds", rules.rounds, 1, 8);
  section.expect(rules.breached <= rules.rounds, "breached must not be above rounds");
}

void bind_busy(Binder section, BusyRules& rules) {
  section.bind("night_from", rules.night_from, 0, 23);
  section.bind("night_until", rules.night_until, 1, 24);
  section.bind("score", rules.score, 0.1, 100);
  section.bind("throughput_share", rules.throughput_share, 0.01, 1);
  section.bind("share_of_rounds", rules.share_of_rounds, 0.01, 1);
  section.expect(rules.night_from < rules.night_until, "night_from must be below night_until");
}

// A metric that is new here, or now judged, needs all of its keys; else only what changes. One that is not
// judged has no use for those of the second half.
void bind_metric(Map map, bool must_give_all, MetricRule& rule) {
  bool judged = !rule.learnt || rule.judged;
  if (map.has("judged")) map.read("judged", judged);
  const bool is_new = must_give_all || !rule.learnt || (judged && !rule.judged);
  rule.learnt = true;
  rule.judged = judged;
  Binder section(std::move(map), is_new);
  section.bind("transform", rule.transform, kTransformNames);
  section.bind("bad", rule.bad, kBadDirectionNames);
  section.bind("scale_floor", rule.scale_floor, 1e-6, 1e6);
  section.bind("smallest_deviation", rule.smallest_deviation, 0, kMost);
  section.bind("warning", rule.warning, -1e12, 1e12);
  section.bind("critical", rule.critical, -1e12, 1e12);
  if (judged || section.has("respect")) section.bind("respect", rule.respect, kRespectNames);
  if (judged || section.has("smallest_change"))
    section.bind("smallest_change", rule.smallest_change, 0, 1e12);
  if (judged || section.has("verified_by_burst")) section.bind("verified_by_burst", rule.verified_by_burst);
  section.expect(rule.bad != BadDirection::both || (!rule.warning && !rule.critical),
                 "a metric that is bad both ways has no limits: they need a direction");
  const double sign = rule.bad == BadDirection::high ? 1 : -1;
  section.expect(!rule.warning || !rule.critical || sign * *rule.warning <= sign * *rule.critical,
                 "critical must be worse than warning");
}

template <typename Apply>
void bind_metrics(Binder section, bool must_give_all, Apply&& apply) {
  for (auto& [key, value] : section.entries()) {
    const std::optional<Metric> metric = metric_from_name(key);
    if (!metric) {
      value.problem(fmt::format("there is no such metric{}; expected one of: {}",
                                did_you_mean(key, kMetricNames), listed(kMetricNames)));
      continue;
    }
    apply(*metric, value, must_give_all);
  }
}

void bind_for_all(DetectRules& rules, Metric metric, const Value& value, bool must_give_all) {
  const auto m = static_cast<std::size_t>(metric);
  // Each technology keeps what an earlier file said of it alone; mistakes are told once.
  for (std::size_t t = 0; t < rules.metrics.size(); ++t) {
    Problems told_already;
    const YamlDocument copy{value.file(), value.node()};
    MetricRule& rule = rules.metrics[t][m];
    if (t == 0) {
      bind_metric(value.map(), must_give_all, rule);
    } else {
      bind_metric(Value(copy, told_already).map(), must_give_all, rule);
    }
  }
}

void bind_technologies(Binder section, DetectRules& rules) {
  for (auto& [key, value] : section.entries()) {
    const auto found = std::find(kTechnologyNames.begin(), kTechnologyNames.end(), key);
    if (found == kTechnologyNames.end()) {
      value.problem(fmt::format("there is no such technology{}; expected one of: {}",
                                did_you_mean(key, kTechnologyNames), listed(kTechnologyNames)));
      continue;
    }
    MetricRules& metrics = rules.metrics[static_cast<std::size_t>(found - kTechnologyNames.begin())];
    bind_metrics(Binder(value.map(), false), false, [&](Metric metric, const Value& v, bool) {
      MetricRule& rule = metrics[static_cast<std::size_t>(metric)];
      bind_metric(v.map(), false, rule);
    });
  }
}

// What is bad by one section must not be good by another.
void expect_hysteresis(Binder& section, const DetectRules& rules) {
  section.expect(rules.recovery.score <= rules.burst.score,
                 "recovery.score must not be above burst.score: a value would be bad and good at once");
  section.expect(rules.recovery.loss_ratio < rules.counts.hard_ratio,
                 "recovery.loss_ratio must be below counts.hard_ratio: a loss would be bad and good at once");
  section.expect(
      rules.recovery.clean_fast <= rules.counts.fast_threshold,
      "recovery.clean_fast must not be above counts.fast_threshold: a suspect would count as healthy");
  section.expect(rules.recovery.clean_other <= rules.change.threshold,
                 "recovery.clean_other must not be above change.threshold: a suspect would count as healthy");
}

}  // namespace

void bind_detect(Binder section, DetectRules& rules) {
  section.section("counts", [&](Binder s) { bind_counts(std::move(s), rules.counts); });
  section.section("change", [&](Binder s) { bind_change(std::move(s), rules.change); });
  section.section("baseline", [&](Binder s) { bind_baseline(std::move(s), rules.baseline); });
  section.section("burst", [&](Binder s) { bind_burst(std::move(s), rules.burst); });
  section.section("evidence", [&](Binder s) { bind_evidence(std::move(s), rules.evidence); });
  section.section("recovery", [&](Binder s) { bind_recovery(std::move(s), rules.recovery); });
  section.section("flap", [&](Binder s) { bind_flap(std::move(s), rules.flap); });
  section.section("missing", [&](Binder s) { bind_missing(std::move(s), rules.missing); });
  section.section("limit", [&](Binder s) { bind_limit(std::move(s), rules.limit); });
  section.section("busy", [&](Binder s) { bind_busy(std::move(s), rules.busy); });
  section.section("metrics", [&](Binder s) {
    const bool must_give_all = s.must_give_all();
    bind_metrics(std::move(s), must_give_all, [&](Metric metric, const Value& value, bool all) {
      bind_for_all(rules, metric, value, all);
    });
  });
  section.section("technologies", [&](Binder s) { bind_technologies(std::move(s), rules); });
  expect_hysteresis(section, rules);
}

}  // namespace faultline::config
