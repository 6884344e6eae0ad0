// The golden values of the gain formula: 8 endpoints a site and 25 sites an aggregation where not said
// otherwise.
#include "rules/correlate/gain.h"

#include "tests/unit/rules_correlate/fixture.h"

#include <gtest/gtest.h>

#include <vector>

namespace faultline::correlate {
namespace {

using test::localise_rules;

constexpr double kBad = 11.564;

GroupEvidence group(std::uint32_t bad, std::uint32_t healthy) {
  return {bad * kBad, bad, healthy};
}

// Groups of single endpoints.
std::vector<GroupEvidence> endpoints(int bad, int healthy) {
  std::vector<GroupEvidence> groups(static_cast<std::size_t>(bad), group(1, 0));
  groups.insert(groups.end(), static_cast<std::size_t>(healthy), group(0, 1));
  return groups;
}

// `hit` groups that are all bad and the rest as given.
std::vector<GroupEvidence> sites(int hit, int rest, GroupEvidence spared, std::uint32_t size = 8) {
  std::vector<GroupEvidence> groups(static_cast<std::size_t>(hit), group(size, 0));
  groups.insert(groups.end(), static_cast<std::size_t>(rest), spared);
  return groups;
}

double site_gain(std::span<const GroupEvidence> groups) {
  const auto rules = localise_rules();
  return gain(prior_nats(0.8, rules.correlation_window), groups, rules.spared, rules.spread).nats;
}
double aggregation_gain(std::span<const GroupEvidence> groups) {
  const auto rules = localise_rules();
  return gain(prior_nats(1, rules.correlation_window), groups, rules.spared, rules.spread).nats;
}

TEST(Gain, PricesAFaultByItsYearlyRate) {
  using namespace std::chrono_literals;
  EXPECT_NEAR(prior_nats(1, 300s), -11.564, 0.005);
  EXPECT_NEAR(prior_nats(0.8, 300s), -11.79, 0.005);
  EXPECT_NEAR(prior_nats(0.2, 300s), -13.17, 0.005);
}

TEST(Gain, MatchesTheGoldenValuesOfASite) {
  EXPECT_NEAR(site_gain(endpoints(6, 0)), 56.1, 0.1);
  EXPECT_NEAR(site_gain(endpoints(3, 3)), 17.8, 0.1);
  EXPECT_NEAR(site_gain(endpoints(2, 14)), 3.8, 0.1);
  EXPECT_NEAR(site_gain(endpoints(1, 5)), -4.0, 0.1);
}

TEST(Gain, MatchesTheGoldenValuesOfAnAggregation) {
  EXPECT_NEAR(aggregation_gain(sites(25, 0, {})), 2289.6, 0.2);
  EXPECT_NEAR(aggregation_gain(sites(7, 18, group(0, 2))), 616.0, 0.2);
  EXPECT_NEAR(aggregation_gain(sites(3, 22, group(0, 8))), 253.2, 0.2);
  EXPECT_NEAR(aggregation_gain(sites(2, 23, group(0, 8))), 163.3, 0.2);
  EXPECT_NEAR(aggregation_gain(sites(1, 24, group(0, 8))), 73.7, 0.2);
  EXPECT_NEAR(aggregation_gain(sites(1, 24, {})), 79.6, 0.2);
}

TEST(Gain, MatchesTheGoldenValuesOfThePartsAndOfAPowerZone) {
  EXPECT_NEAR(25 * site_gain(endpoints(8, 0)), 1975.8, 1.0);
  EXPECT_NEAR(7 * site_gain(endpoints(8, 0)), 553.2, 0.3);
  EXPECT_NEAR(aggregation_gain(sites(4, 0, {})), 355.6, 0.2);
}

TEST(Gain, LeavesUnmeasuredGroupsOut) {
  EXPECT_DOUBLE_EQ(aggregation_gain(sites(5, 0, {})), aggregation_gain(sites(5, 20, {})));
}

TEST(Gain, CountsOnlyHitGroupsIntoTheFootprint) {
  const auto rules = localise_rules();
  const auto groups = sites(7, 18, group(0, 2));
  const Gain result = gain(prior_nats(1, rules.correlation_window), groups, rules.spared, rules.spread);
  EXPECT_TRUE(is_hit(groups.front(), result));
  EXPECT_FALSE(is_hit(groups.back(), result));
  EXPECT_LT(result.spread, 0.5);
}

TEST(Gain, ExpectsUnmeasuredGroupsToBeHitWhenAllMeasuredOnesAre) {
  const auto rules = localise_rules();
  const auto groups = sites(10, 15, {});
  const Gain result = gain(prior_nats(1, rules.correlation_window), groups, rules.spared, rules.spread);
  EXPECT_TRUE(is_hit(groups.back(), result));
}

}  // namespace
}  // namespace faultline::correlate
