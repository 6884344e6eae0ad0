// What is left of an incident: is there a narrower explanation, and by how much is it better?
#include "rules/correlate/remainder.h"

#include "tests/unit/rules_correlate/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::correlate {
namespace {

using test::Network;
using test::Situation;
using testing::IsEmpty;
using testing::SizeIs;

// core – agg-0 to agg-3 with sites s<agg>-<n>, of each four cells.
struct Left : Situation {
  explicit Left(int sites) : Situation(network(sites)), sites_(sites) {}

  static Network network(int sites) {
    Network network;
    network.node("core", NodeKind::core);
    for (int a = 0; a < 4; ++a) {
      network.node("agg-" + std::to_string(a), NodeKind::aggregation, {"core"});
      for (int s = 0; s < sites; ++s)
        network.site("s" + std::to_string(a) + "-" + std::to_string(s), 4, {"agg-" + std::to_string(a)});
    }
    return network;
  }
  static std::string cell(int site, int c) { return "s1-" + std::to_string(site) + "-c" + std::to_string(c); }
  // Of agg-1 these sites are bad, the others well.
  Left& but(const std::set<int>& bad_sites) {
    for (int s = 0; s < sites_; ++s)
      for (int c = 0; c < 4; ++c) bad_sites.contains(s) ? bad(cell(s, c)) : healthy(cell(s, c));
    return *this;
  }
  Root at(const std::string& name) const { return topology().find_node(name).value(); }

 private:
  int sites_;
};

TEST(Remainder, OneSiteOfARingIsLeftAndTheRingsGuardForbidsTheRing) {
  Left left(25);
  const Remainder found = left.but({4}).remainder_of(left.at("agg-1"));
  ASSERT_THAT(found.parts, SizeIs(1));
  EXPECT_EQ(found.parts[0].root, left.at("s1-4"));
  EXPECT_TRUE(found.root_fails);
  EXPECT_NEAR(found.lead_nats, found.parts[0].gain_nats, 1e-9);
  EXPECT_GT(found.lead_nats, 20);
}

TEST(Remainder, TwoSitesAreTwoParts) {
  Left left(25);
  const Remainder found = left.but({4, 9}).remainder_of(left.at("agg-1"));
  ASSERT_THAT(found.parts, SizeIs(2));
  EXPECT_NEAR(found.lead_nats, found.parts[0].gain_nats + found.parts[1].gain_nats, 1e-9);
}

TEST(Remainder, NothingIsNarrowerWhileTheRootExplainsIt) {
  Left left(25);
  EXPECT_THAT(left.but({1, 4, 9}).remainder_of(left.at("agg-1")).parts, IsEmpty());
}

TEST(Remainder, ARingBelowACoreIsNarrower) {
  Left left(6);
  const Remainder found = left.but({0, 1, 2, 3, 4, 5}).remainder_of(left.at("core"));
  ASSERT_THAT(found.parts, SizeIs(1));
  EXPECT_EQ(found.parts[0].root, left.at("agg-1"));
}

TEST(Remainder, WhatDoesNotLieBelowTheRootIsNoPartOfIt) {
  Left left(6);
  EXPECT_THAT(left.but({2}).remainder_of(left.at("agg-2")).parts, IsEmpty());
}

TEST(Remainder, OneEndpointOfASiteHasNoLeadOverItself) {
  Left left(2);  // the site itself, of which one cell is left
  left.bad("s1-0-c0").healthy("s1-0-c1").healthy("s1-0-c2").healthy("s1-0-c3");
  const Remainder found = left.remainder_of(left.at("s1-0"));
  ASSERT_THAT(found.parts, SizeIs(1));
  EXPECT_EQ(found.parts[0].level, Level::endpoint);
  EXPECT_TRUE(found.root_fails);
  EXPECT_EQ(found.lead_nats, 0) << "each by itself is what everything is measured against";
}

TEST(Remainder, AnAreaIsLeftWhenOnlyOneOfItsNodesIsBad) {
  Left left(6);
  const auto node = [&](const char* name) { return std::get<NodeIndex>(left.at(name)); };
  const Root area = Area{{node("s1-2"), node("s1-4")}};
  EXPECT_THAT(left.but({2, 4}).remainder_of(area).parts, IsEmpty());
  Left later(6);
  const Remainder found = later.but({4}).remainder_of(area);
  ASSERT_THAT(found.parts, SizeIs(1));
  EXPECT_EQ(found.parts[0].root, later.at("s1-4"));
}

}  // namespace
}  // namespace faultline::correlate
