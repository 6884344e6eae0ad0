// The golden values of incidents: the opening threshold, the odds of a stray, the cause table's products, and
// how long what.
#include "rules/decide/cause.h"
#include "rules/decide/incident_book.h"
#include "tests/unit/rules_decide/book_world.h"

#include <gtest/gtest.h>

#include <cmath>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::BookWorld;
using test::small_network;

double probability(double log_odds) {
  return 1 / (1 + std::exp(-log_odds));
}

TEST(GoldenThreshold, GrowsAsFewerCustomersSuffer) {
  const OpeningRules rules = test::all_rules()->decide.opening;
  EXPECT_NEAR(opening_threshold(1, rules), 9.108, 0.001);
  EXPECT_NEAR(opening_threshold(64, rules), 4.949, 0.001);
  EXPECT_NEAR(opening_threshold(1000, rules), 2.2, 1e-9);
  EXPECT_NEAR(opening_threshold(1'000'000, rules), 2.2, 1e-9);
  EXPECT_NEAR(probability(opening_threshold(1000, rules)), 0.90, 0.001);
  EXPECT_NEAR(probability(opening_threshold(64, rules)), 0.993, 0.0005);
}

// Aggregation, hard, at once, cells on air without a data path; without the discount for dependence.
TEST(GoldenCause, HasTheProductsOfTheTable) {
  const CauseRules rules = test::all_rules()->decide.cause;
  const auto product = [&](Cause cause) {
    const auto c = static_cast<std::size_t>(cause);
    double p = rules.prior[c];
    for (const CauseFeature seen : {CauseFeature::root_aggregation, CauseFeature::reach_hard,
                                    CauseFeature::onset_step, CauseFeature::cell_on_air})
      p *= rules.likelihood(seen, c);
    return p;
  };
  EXPECT_NEAR(product(Cause::transport), 0.0432, 0.0001);
  EXPECT_NEAR(product(Cause::access_node), 0.00097, 0.00001);
  EXPECT_NEAR(product(Cause::power), 4e-5, 0.5e-5);
}

// A network of 96 endpoints, 4 to a site and 24 to a ring. `faults_per_year`: of one endpoint by itself.
BookWorld world_with_coincidences(double faults_per_year) {
  auto rules = std::make_shared<RuleSet>(*test::all_rules());
  rules->decide.identity.endpoint_faults_per_year = faults_per_year;
  return BookWorld(small_network(4, 6, 4), std::move(rules));
}
std::size_t strays_of_the_first(BookWorld& world, const std::string& root, std::chrono::seconds later) {
  world.set_bad(root);
  world.pass(later);
  world.set_bad("cell-3-3-2");
  world.pass(5s);
  return world.incident(1).suspected_members.size();
}

// p_inv * M > 3 * rate * N * window: below this rate a wrong edge in the inventory is the likelier reason.
double limit_per_year(double members, std::chrono::seconds window) {
  constexpr double kWrongEdges = 0.01, kOdds = 3, kEndpoints = 96, kYear = 365.25 * 86400;
  return kWrongEdges * members / (kOdds * kEndpoints * static_cast<double>(window.count())) * kYear;
}

TEST(GoldenStray, IsTakenInByASiteAtOddsOfThreeToOne) {
  const double limit = limit_per_year(4, 75s);
  EXPECT_NEAR(limit, 58.4, 0.1);
  BookWorld rare = world_with_coincidences(0.99 * limit), common = world_with_coincidences(1.01 * limit);
  EXPECT_EQ(strays_of_the_first(rare, "site-2-1", 30s), 1U);
  EXPECT_EQ(strays_of_the_first(common, "site-2-1", 30s), 0U);
  EXPECT_EQ(common.book.records().size(), 2U);  // a fault of its own
}

TEST(GoldenStray, IsTakenInByARingAtOddsOfThreeToOne) {
  const double limit = limit_per_year(24, 100s);
  BookWorld rare = world_with_coincidences(0.99 * limit), common = world_with_coincidences(1.01 * limit);
  EXPECT_EQ(strays_of_the_first(rare, "agg-2", 10s), 1U);
  EXPECT_EQ(strays_of_the_first(common, "agg-2", 10s), 0U);
}

TEST(GoldenStray, BeganNoMoreThanSeventyFiveSecondsFromASiteAndAHundredFromARing) {
  const auto strays = [](const std::string& root, std::chrono::seconds later) {
    BookWorld world(small_network(4, 6, 4));
    return strays_of_the_first(world, root, later);
  };
  EXPECT_EQ(strays("site-2-1", 75s), 1U);
  EXPECT_EQ(strays("site-2-1", 76s), 0U);
  EXPECT_EQ(strays("agg-2", 100s), 1U);
  EXPECT_EQ(strays("agg-2", 101s), 0U);
}

}  // namespace
}  // namespace faultline::decide
