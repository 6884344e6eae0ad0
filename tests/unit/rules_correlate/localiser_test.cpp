#include "rules/correlate/localiser.h"

#include "rules/correlate/hidden_risk.h"
#include "tests/unit/rules_correlate/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::correlate {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::Network;
using test::Situation;
using testing::ElementsAre;
using testing::SizeIs;

// core – agg-0 … – each with sites "s<agg>-<n>" of `cells` cells.
Network ring_network(int aggregations, int sites, int cells) {
  Network network;
  network.node("core", NodeKind::core);
  for (int a = 0; a < aggregations; ++a) {
    network.node("agg-" + std::to_string(a), NodeKind::aggregation, {"core"});
    for (int s = 0; s < sites; ++s)
      network.site("s" + std::to_string(a) + "-" + std::to_string(s), cells, {"agg-" + std::to_string(a)});
  }
  return network;
}

std::string cell(int aggregation, int site, int c) {
  return "s" + std::to_string(aggregation) + "-" + std::to_string(site) + "-c" + std::to_string(c);
}

TEST(Localiser, ExplainsACutRingAsOneFaultAtTheRing) {
  Situation now(ring_network(5, 20, 3));
  for (int s = 0; s < 20; ++s)
    for (int c = 0; c < 3; ++c) now.bad(cell(2, s, c));
  for (int a : {0, 1, 3, 4}) now.healthy(cell(a, 0, 0)).healthy(cell(a, 1, 0));
  const auto found = now.explain();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(now.root(found[0]), "agg-2");
  EXPECT_THAT(found[0].bad, SizeIs(60));
  EXPECT_THAT(found[0].affected, SizeIs(60));
  EXPECT_FALSE(found[0].ambiguous);
  EXPECT_GT(found[0].margin_nats, 100);
}

TEST(Localiser, RespectsHealthySiblings) {
  Situation now(ring_network(3, 10, 3));
  for (int c = 0; c < 3; ++c) now.bad(cell(1, 4, c));
  for (int s : {0, 1, 2, 3, 5, 6}) now.healthy(cell(1, s, 0));
  EXPECT_THAT(now.roots(), ElementsAre("s1-4"));
}

TEST(Localiser, NamesAPartOfTheRingAtTheRingWithTheHitSitesOnly) {
  Situation now(ring_network(1, 25, 8));
  for (int s = 0; s < 25; ++s)
    for (int c = 0; c < (s < 7 ? 8 : 2); ++c) s < 7 ? now.bad(cell(0, s, c)) : now.healthy(cell(0, s, c));
  const auto found = now.explain();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(now.root(found[0]), "agg-0");
  EXPECT_THAT(found[0].affected, SizeIs(56));
}

TEST(Localiser, KeepsTwoSitesApartWhereTheGuardForbidsTheRing) {
  Situation now(ring_network(1, 25, 8));
  for (int s = 0; s < 25; ++s)
    for (int c = 0; c < 8; ++c) s < 2 ? now.bad(cell(0, s, c)) : now.healthy(cell(0, s, c));
  EXPECT_THAT(now.roots(), ElementsAre("s0-0", "s0-1"));
}

TEST(Localiser, TakesTheCoreOnlyForTwoRingsAndAQuarter) {
  Situation one(ring_network(4, 4, 3));
  for (int s = 0; s < 4; ++s)
    for (int c = 0; c < 3; ++c) one.bad(cell(0, s, c));
  EXPECT_THAT(one.roots(), ElementsAre("agg-0"));

  Situation all(ring_network(4, 4, 3));
  for (int a = 0; a < 4; ++a)
    for (int s = 0; s < 4; ++s)
      for (int c = 0; c < 3; ++c) all.bad(cell(a, s, c));
  EXPECT_THAT(all.roots(), ElementsAre("core"));
}

TEST(Localiser, FindsAPowerZoneAcrossRings) {
  Network network = ring_network(2, 10, 3);
  network.node("zone", NodeKind::power);
  for (int a = 0; a < 2; ++a)
    for (int s = 0; s < 2; ++s)
      network.site("z" + std::to_string(a) + std::to_string(s), 3, {"agg-" + std::to_string(a), "zone"});
  Situation now(network);
  for (const char* site : {"z00", "z01", "z10", "z11"})
    for (int c = 0; c < 3; ++c) now.bad(std::string(site) + "-c" + std::to_string(c));
  for (int a = 0; a < 2; ++a)
    for (int s = 0; s < 10; ++s) now.healthy(cell(a, s, 0));
  EXPECT_THAT(now.roots(), ElementsAre("zone"));
}

TEST(Localiser, NamesOneBadSectorAsAnEndpoint) {
  Situation now(ring_network(1, 5, 6));
  now.bad(cell(0, 3, 0));
  for (int c = 1; c < 6; ++c) now.healthy(cell(0, 3, c));
  const auto found = now.explain();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(now.root(found[0]), "s0-3-c0");
  EXPECT_EQ(found[0].level, Level::endpoint);
}

TEST(Localiser, SaysTheLowerNodeAndTheOtherWhenItCannotTell) {
  // A site with one OLT: which of the two broke cannot be seen from outside.
  Network network;
  network.node("street", NodeKind::site).node("olt", NodeKind::olt, {"street"});
  for (int p = 0; p < 4; ++p) network.endpoint("port-" + std::to_string(p), {"olt"}, Technology::gpon);
  Situation now(network);
  for (int p = 0; p < 3; ++p) now.bad("port-" + std::to_string(p));
  const auto found = now.explain();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(now.root(found[0]), "olt");
  EXPECT_TRUE(found[0].ambiguous);
  EXPECT_LT(found[0].margin_nats, 3);
  EXPECT_THAT(found[0].tests, ElementsAre(*now.topology().find_endpoint("port-3")));
  EXPECT_THAT(found[0].alternatives.back().text, testing::HasSubstr("street"));
}

TEST(Localiser, SeparatesTwoFaultsAtOnce) {
  Situation now(ring_network(2, 10, 3));
  for (int c = 0; c < 3; ++c) now.bad(cell(0, 1, c)).bad(cell(1, 7, c));
  for (int s : {0, 2, 3, 4, 5, 6, 8, 9})
    for (int a : {0, 1}) now.healthy(cell(a, s, 0)).healthy(cell(a, s, 1));
  EXPECT_THAT(now.roots(), ElementsAre("s0-1", "s1-7"));
}

TEST(Localiser, DoesNotTieAnOldTroubleToANewOne) {
  Situation now(ring_network(1, 4, 2));
  now.bad(cell(0, 0, 0), kStart - 40min).bad(cell(0, 0, 1), kStart);
  EXPECT_THAT(now.explain(), SizeIs(2));
}

TEST(Localiser, ExplainsEachBadEndpointExactlyOnce) {
  Situation now(ring_network(3, 6, 4));
  std::size_t count = 0;
  for (int a = 0; a < 3; ++a)
    for (int s = 0; s < 6; ++s)
      for (int c = 0; c < 4; ++c)
        if ((a * 7 + s * 3 + c * 5) % 4 == 0) now.bad(cell(a, s, c)), ++count;
  std::set<EndpointIndex> seen;
  for (const Hypothesis& hypothesis : now.explain())
    for (const EndpointIndex endpoint : hypothesis.bad) EXPECT_TRUE(seen.insert(endpoint).second);
  EXPECT_EQ(seen.size(), count);
}

TEST(HiddenRisk, JoinsNeighbouringSitesThatFailTogether) {
  Network network;
  network.site("a", 3, {}, Place{52.37, 4.89}).site("b", 3, {}, Place{52.38, 4.90});
  network.site("far", 3, {}, Place{53.37, 4.90});
  Situation now(network);
  for (const char* site : {"a", "b", "far"})
    for (int c = 0; c < 3; ++c) now.bad(std::string(site) + "-c" + std::to_string(c));
  const auto joined = join_hidden_risks(now.topology(), now.rules(), now.explain());
  ASSERT_THAT(joined, SizeIs(2));
  EXPECT_EQ(now.root(joined[0]), "area a b");
  EXPECT_EQ(now.root(joined[1]), "far");
}

TEST(HiddenRisk, KeepsSitesApartThatFailAMinuteApart) {
  Network network;
  network.site("a", 3, {}, Place{52.37, 4.89}).site("b", 3, {}, Place{52.38, 4.90});
  Situation now(network);
  for (int c = 0; c < 3; ++c) now.bad("a-c" + std::to_string(c)).bad("b-c" + std::to_string(c), kStart + 60s);
  EXPECT_THAT(join_hidden_risks(now.topology(), now.rules(), now.explain()), SizeIs(2));
}

}  // namespace
}  // namespace faultline::correlate
