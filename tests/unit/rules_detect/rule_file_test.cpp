// The shipped numbers, and an operator's over them.
#include "daemon/config/rule_file.h"

#include <gmock/gmock.h>

#include <chrono>

namespace faultline::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Applied {
  bool is_good = false;
  RuleSet rules;
  std::string problems;
};
Applied apply(std::string_view text) {
  Applied applied;
  applied.rules = *default_rules();
  Problems problems;
  applied.is_good = apply_rules(text, "my.yaml", applied.rules, problems);
  applied.problems = problems.text();
  return applied;
}

TEST(RuleFile, TheDefaultsAreComplete) {
  const auto rules = default_rules();
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(rules->detect.recovery.duration, 120s);
  EXPECT_EQ(rules->detect.counts.fast_ratio, 0.2);
  for (std::size_t t = 0; t < kTechnologyCount; ++t) {
    const auto technology = static_cast<Technology>(t);
    EXPECT_EQ(rules->detect.metric(technology, Metric::rtt_ms).critical, 200);
    EXPECT_FALSE(rules->detect.metric(technology, Metric::rtt_ms).warning);
    EXPECT_TRUE(rules->detect.metric(technology, Metric::rsrp_dbm).verified_by_burst);
    EXPECT_FALSE(rules->detect.metric(technology, Metric::throughput_bps).verified_by_burst);
    EXPECT_FALSE(rules->detect.metric(technology, Metric::rssi_dbm).learnt);
    EXPECT_FALSE(rules->detect.metric(technology, Metric::rssi_dbm).judged);
    EXPECT_EQ(rules->detect.metric(technology, Metric::optical_rx_dbm).critical, -27);
    EXPECT_TRUE(rules->detect.metric(technology, Metric::mer_db).judged);
    for (const Metric metric : {Metric::connect_ms, Metric::dns_ms, Metric::first_byte_ms, Metric::http_ms}) {
      EXPECT_TRUE(rules->detect.metric(technology, metric).judged);
      EXPECT_EQ(rules->detect.metric(technology, metric).respect, Respect::latency);
    }
    EXPECT_EQ(rules->detect.metric(technology, Metric::certificate_days).critical, 3);
    EXPECT_FALSE(rules->detect.metric(technology, Metric::http_status).learnt);
    for (const Metric metric :
         {Metric::traffic_bps, Metric::utilisation, Metric::active_users, Metric::certificate_days}) {
      EXPECT_TRUE(rules->detect.metric(technology, metric).learnt);
      EXPECT_FALSE(rules->detect.metric(technology, metric).judged);
    }
  }
}

TEST(RuleFile, AnOverrideChangesOnlyWhatItNames) {
  const Applied applied =
      apply("detect:\n  recovery: {duration: 20s}\n  metrics: {rtt_ms: {critical: none}}\n");
  ASSERT_TRUE(applied.is_good) << applied.problems;
  EXPECT_EQ(applied.rules.detect.recovery.duration, 20s);
  EXPECT_EQ(applied.rules.detect.recovery.rounds, 2U);
  EXPECT_FALSE(applied.rules.detect.metric(Technology::lte, Metric::rtt_ms).critical);
  EXPECT_EQ(applied.rules.detect.metric(Technology::lte, Metric::rtt_ms).smallest_change, 10);
}

TEST(RuleFile, ATechnologyCanHaveItsOwn) {
  const Applied applied = apply("detect:\n  technologies: {gpon: {rtt_ms: {critical: 30}}}\n");
  ASSERT_TRUE(applied.is_good) << applied.problems;
  EXPECT_EQ(applied.rules.detect.metric(Technology::gpon, Metric::rtt_ms).critical, 30);
  EXPECT_EQ(applied.rules.detect.metric(Technology::lte, Metric::rtt_ms).critical, 200);
}

TEST(RuleFile, AnEmptyFileChangesNothing) {
  EXPECT_TRUE(apply("").is_good);
  EXPECT_TRUE(apply("# nothing yet\n").is_good);
}

struct Mistake {
  std::string_view text;
  std::string_view message;
};
class RuleMistake : public testing::TestWithParam<Mistake> {};
TEST_P(RuleMistake, IsReportedWithPlaceAndRemedy) {
  const Applied applied = apply(GetParam().text);
  EXPECT_FALSE(applied.is_good);
  EXPECT_THAT(applied.problems, HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Table, RuleMistake,
    testing::Values(
        Mistake{"detct: {}\n", "my.yaml:1:1: unknown key \"detct\"; did you mean \"detect\"?"},
        Mistake{"detect:\n  recovery: {duratoin: 20s}\n",
                "my.yaml:2:14: detect.recovery: unknown key \"duratoin\"; did you mean \"duration\"?"},
        Mistake{"detect: {recovery: {duration: 20}}\n",
                "my.yaml:1:31: detect.recovery.duration: \"20\" has no unit"},
        Mistake{"detect: {recovery: {rounds: 0}}\n", "detect.recovery.rounds: 0 is less than 1"},
        Mistake{"detect: {counts: {hard_ratio: 90}}\n", "detect.counts.hard_ratio: 90 is more than 1"},
        Mistake{"detect: {flap: {leave: 5000}}\n", "detect.flap: leave must be below enter"},
        Mistake{"detect: {counts: {good_ratio: 0.3}}\n", "good_ratio must be below fast_ratio"},
        Mistake{"detect: {limit: {rounds: 2}}\n", "breached must not be above rounds"},
        Mistake{"detect: {limit: {rounds: 9}}\n", "9 is more than 8"},
        Mistake{"detect: {metrics: {rtt: {critical: 5}}}\n", "there is no such metric"},
        Mistake{"detect: {metrics: {rtt_ms: {respect: latncy}}}\n", "did you mean \"latency\"?"},
        Mistake{"detect: {metrics: {rsrp_dbm: {critical: -90}}}\n", "critical must be worse than warning"},
        Mistake{"detect: {metrics: {rssi_dbm: {critical: -100}}}\n",
                "detect.metrics.rssi_dbm: \"respect\" is missing"},
        Mistake{"detect: {metrics: {utilisation: {judged: true}}}\n",
                "detect.metrics.utilisation: \"respect\" is missing"},
        Mistake{"detect: {technologies: {lte5: {}}}\n", "there is no such technology"},
        Mistake{"detect: {flap: {enter: .nan}}\n", "is not a number"},
        Mistake{"detect: [1, 2]\n", "detect: expected a map, found a list"}));

// Each number is in its range, but two of them cannot both be meant.
INSTANTIATE_TEST_SUITE_P(
    Contradiction, RuleMistake,
    testing::Values(
        Mistake{"detect:\n  flap: {leave: 2000}\n", "my.yaml:2:9: detect.flap: leave must be below enter"},
        Mistake{"detect: {flap: {enter: 750}}\n", "leave must be below enter"},
        Mistake{"detect:\n  counts: {fast_ratio: 0.004}\n",
                "my.yaml:2:11: detect.counts: good_ratio must be below fast_ratio"},
        Mistake{"detect: {counts: {grey_ratio: 0.005}}\n", "good_ratio must be below grey_ratio"},
        Mistake{"detect: {counts: {grey_ratio: 0.3}}\n", "grey_ratio must not be above fast_ratio"},
        Mistake{"detect: {counts: {unverified_threshold: 5}}\n",
                "unverified_threshold must not be below fast_threshold"},
        Mistake{"detect: {change: {drift: 5}}\n", "a drift must be below largest_score"},
        Mistake{"detect: {change: {threshold: 11}}\n", "unverified_threshold must not be below threshold"},
        Mistake{"detect: {baseline: {correlation_start: 0.95}}\n",
                "correlation_start must not be above correlation_limit"},
        Mistake{"detect: {burst: {spacing: 11m}}\n", "spacing must not be above longest_spacing"},
        Mistake{"detect: {burst: {lost_packets: 1}}\n", "lost_packets_backed must not be above lost_packets"},
        Mistake{"detect: {missing: {first_interval: 2h}}\n", "first_interval must not be above forget"},
        Mistake{"detect: {recovery: {score: 4.5}}\n", "recovery.score must not be above burst.score"},
        Mistake{"detect: {recovery: {loss_ratio: 0.9}}\n",
                "recovery.loss_ratio must be below counts.hard_ratio"},
        Mistake{"detect: {recovery: {clean_fast: 7}}\n",
                "recovery.clean_fast must not be above counts.fast_threshold"},
        Mistake{"detect: {change: {threshold: 2}}\n",
                "my.yaml:1:9: detect: recovery.clean_other must not be above change.threshold"},
        Mistake{"detect: {metrics: {ipdv_ms: {warning: 60}}}\n", "critical must be worse than warning"},
        Mistake{"detect: {metrics: {sinr_db: {warning: -1}}}\n", "critical must be worse than warning"}));
INSTANTIATE_TEST_SUITE_P(
    ContradictionInCorrelate, RuleMistake,
    testing::Values(
        Mistake{"correlate:\n  scan:\n    windows: []\n",
                "my.yaml:3:14: correlate.scan.windows: is empty; give at least one, or leave the key out"},
        Mistake{"correlate: {scan: {uplift: []}}\n", "correlate.scan.uplift: is empty"},
        Mistake{"correlate: {localise: {spared: []}}\n", "correlate.localise.spared: is empty"},
        Mistake{"correlate: {localise: {spread: [{value: 1, weight: 0.9}]}}\n",
                "the weights of spread add up to 0.900, not to 1"},
        Mistake{"correlate: {scan: {hour_profile: [1, 1]}}\n", "has 2 numbers, expected 24"},
        Mistake{"correlate: {geocode: {least_accuracy_m: 6000}}\n",
                "least_accuracy_m must not be above far_deviation_m"},
        Mistake{"correlate: {probe: {first_siblings: 17}}\n", "first_siblings must not be above siblings"},
        Mistake{"correlate: {probe: {watch_spacing: 181s}}\n", "watch_spacing must not be above watch"}));
INSTANTIATE_TEST_SUITE_P(
    ContradictionInDecide, RuleMistake,
    testing::Values(
        Mistake{"decide:\n  ending: {recovery: 41m}\n",
                "my.yaml:2:11: decide.ending: recovery must not be above longest_recovery"},
        Mistake{"decide: {ending: {close: 1h}}\n", "reopen and reopen_endpoint must not be above close"},
        Mistake{"decide: {ending: {reopen: 25h}}\n", "reopen and reopen_endpoint must not be above close"},
        Mistake{"decide: {opening: {hold_flapping: 2m}}\n",
                "hold_endpoint, hold_endpoint_worse and hold_flapping must not fall"},
        Mistake{"decide: {opening: {hold_endpoint: 5m}}\n",
                "hold_endpoint, hold_endpoint_worse and hold_flapping must not fall"},
        Mistake{"decide: {opening: {repeat_nats: 13}}\n", "repeat_nats must not be above repeat_limit_nats"},
        Mistake{"decide: {severity: {minor: 2000}}\n", "critical, major and minor must not rise"},
        Mistake{"decide: {severity: {hard_loss: 0.01}}\n", "hard_loss must not be below major_loss"},
        Mistake{"decide: {severity: {weight_minor: 0.7}}\n", "weight_minor must not rise in this order"},
        Mistake{"decide: {storm: {per_minute: 31}}\n", "per_minute must not be above per_hour"},
        Mistake{"causes: {step: 10m}\n", "my.yaml:1:9: causes: step must be below ramp"},
        Mistake{"causes: {busy_from: 23}\n", "busy_from must be below busy_until"},
        Mistake{"causes: {levels: {B: 0.8}}\n", "causes.levels: A to E must not rise in this order"}));

TEST(RuleFile, TellsAMistakeInAMetricOnce) {
  const Applied applied = apply("detect: {metrics: {rtt_ms: {critical: fast}}}\n");
  EXPECT_EQ(std::count(applied.problems.begin(), applied.problems.end(), '\n'), 1) << applied.problems;
}

TEST(RuleFile, TellsAllMistakesAtOnce) {
  const Applied applied = apply("detect:\n  flap: {enter: x}\n  burst: {tries: 0}\ncolour: red\n");
  EXPECT_EQ(std::count(applied.problems.begin(), applied.problems.end(), '\n'), 3) << applied.problems;
}

TEST(RuleFile, NamesAFileThatIsNotThere) {
  const std::filesystem::path files[] = {"/nonexistent/rules.yaml"};
  const auto rules = load_rules(files);
  ASSERT_FALSE(rules);
  EXPECT_THAT(rules.error().message, HasSubstr("/nonexistent/rules.yaml"));
}

}  // namespace
}  // namespace faultline::config
