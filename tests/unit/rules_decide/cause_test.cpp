#include "rules/decide/cause.h"

#include "rules/decide/explain.h"
#include "rules/decide/observe.h"
#include "rules/decide/severity.h"
#include "tests/unit/rules_decide/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::rules;

double probability_of(Cause cause, const std::vector<CauseScore>& ranked) {
  for (const CauseScore& score : ranked)
    if (score.cause == cause) return score.probability;
  return 0;
}

TEST(Cause, MatchesTheGoldenVector) {
  const std::vector<CauseFeature> seen = {CauseFeature::root_aggregation, CauseFeature::reach_hard,
                                          CauseFeature::onset_step, CauseFeature::cell_on_air};
  const auto ranked = rank_causes(seen, rules().cause);
  EXPECT_EQ(ranked[0].cause, Cause::transport);
  EXPECT_NEAR(ranked[0].probability, 0.943, 0.002);
  EXPECT_NEAR(probability_of(Cause::access_node, ranked), 0.047, 0.002);

  CauseRules without_discount = rules().cause;
  without_discount.discount = 1;
  EXPECT_NEAR(rank_causes(seen, without_discount)[0].probability, 0.974, 0.002);
}

TEST(Cause, GivesTheThreeStrongestReasonsInWords) {
  const auto ranked = rank_causes(std::vector{CauseFeature::root_aggregation, CauseFeature::reach_hard,
                                              CauseFeature::onset_step, CauseFeature::cell_on_air},
                                  rules().cause);
  ASSERT_FALSE(ranked[0].reasons.empty());
  EXPECT_LE(ranked[0].reasons.size(), 3U);
  EXPECT_THAT(ranked[0].reasons[0], testing::HasSubstr("aggregation"));
}

TEST(Cause, SaysThatItIsUndetermined) {
  const auto ranked = rank_causes({}, rules().cause);
  EXPECT_THAT(describe_cause(ranked, rules().cause),
              testing::StartsWith("likely cause: undetermined, access_node 0.22 / transport 0.18"));
}

TEST(Cause, LessLightBehindOnePortIsAFaultOfTheFibreAndNotOfTheOlt) {
  const auto topology =
      *Topology::build({{{"olt-1", NodeKind::olt, {}, {}, false}, {}},
                        {{"street", NodeKind::splitter, {}, {}, false}, {{EdgeKind::transport, "olt-1"}}}},
                       {});
  Record record;
  record.incident.root = *topology->find_node("olt-1");
  EXPECT_EQ(feature_of_root(record, *topology), CauseFeature::root_site);
  record.incident.root = *topology->find_node("street");
  EXPECT_EQ(feature_of_root(record, *topology), CauseFeature::root_line);
  const auto ranked = rank_causes(
      std::vector{feature_of_root(record, *topology), CauseFeature::onset_step, CauseFeature::optical_drop},
      rules().cause);
  EXPECT_EQ(ranked[0].cause, Cause::access_plant);
  EXPECT_GT(ranked[0].probability, 0.9);
}

TEST(Cause, ProbabilitiesAddUp) {
  double sum = 0;
  for (const CauseScore& score : rank_causes(std::vector{CauseFeature::root_site}, rules().cause))
    sum += score.probability;
  EXPECT_NEAR(sum, 1, 1e-9);
}

TEST(Severity, FollowsTheWeightedCustomers) {
  const auto of = [](double customers) { return severity_of({customers, false, false}, rules().severity); };
  EXPECT_EQ(of(12000), Severity::critical);
  EXPECT_EQ(of(1000), Severity::major);
  EXPECT_EQ(of(100), Severity::minor);
  EXPECT_EQ(of(99), Severity::warning);
  EXPECT_EQ(severity_of({5, true, false}, rules().severity), Severity::critical);
  EXPECT_EQ(severity_of({100, false, true}, rules().severity), Severity::major);
}

TEST(Severity, RisesAtOnceAndFallsAfterTenMinutes) {
  SeverityMemory memory(Severity::minor);
  EXPECT_EQ(memory.update(Severity::critical, kStart, rules().severity), Severity::critical);
  EXPECT_EQ(memory.update(Severity::warning, kStart + 1min, rules().severity), Severity::critical);
  EXPECT_EQ(memory.update(Severity::warning, kStart + 10min, rules().severity), Severity::critical);
  EXPECT_EQ(memory.update(Severity::warning, kStart + 11min, rules().severity), Severity::warning);
}

}  // namespace
}  // namespace faultline::decide
