// Entries of the inventory that are probably wrong, from incidents as they are kept.
#include "rules/decide/wrong_edges.h"

#include "tests/unit/rules_decide/book_world.h"
#include "tests/unit/rules_decide/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::rules;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct WrongEdges : testing::Test {
  std::shared_ptr<const Topology> topology = test::small_network(4, 6, 4);  // 96 endpoints
  std::vector<Incident> incidents;

  EndpointIndex endpoint(const std::string& name) const { return topology->find_endpoint(name).value(); }
  Incident& fault(const std::string& node, std::vector<std::string> strays = {}) {
    Incident incident;
    incident.number = incidents.size() + 1;
    incident.state = IncidentState::closed;
    incident.root = topology->find_node(node).value();
    incident.onset = kStart + std::chrono::hours(24 * incident.number);
    incident.opened_at = incident.onset + 30s;
    incident.recovered_at = incident.onset + 1h;
    incident.affected = topology->endpoints_below(topology->find_node(node).value());
    for (const std::string& stray : strays) incident.suspected_members.push_back(endpoint(stray));
    incidents.push_back(incident);
    return incidents.back();
  }
  InventorySuspects found() const { return inventory_suspects(incidents, *topology, rules().identity); }
};

TEST_F(WrongEdges, NothingIsSuspectedWithoutAStray) {
  fault("agg-1");
  EXPECT_THAT(found().suspects, IsEmpty());
  EXPECT_DOUBLE_EQ(found().ratio.mean(), 1.0 / (100 + 24));
}

TEST_F(WrongEdges, TheShareBeginsAtOnePercent) {
  EXPECT_DOUBLE_EQ(found().ratio.mean(), 0.01);
}

TEST_F(WrongEdges, OneRecordForAnEndpointAndAPlace) {
  fault("agg-1", {"cell-3-1-1"});
  fault("agg-2");
  fault("agg-1", {"cell-3-1-1"}).recovered_at.reset();
  const auto all = found();
  ASSERT_THAT(all.suspects, SizeIs(1));
  const InventorySuspect& one = all.suspects.front();
  EXPECT_EQ(one.endpoint, endpoint("cell-3-1-1"));
  EXPECT_EQ(one.place, Root(topology->find_node("agg-1").value()));
  EXPECT_THAT(one.incidents, ElementsAre(1, 3));
  EXPECT_EQ(one.recovered, 1U);
  EXPECT_EQ(one.apart, 0U);
  EXPECT_EQ(one.first_seen, kStart + 24h);
  EXPECT_EQ(one.last_seen, kStart + 72h);
  EXPECT_EQ(all.ratio.members, 72U);
  EXPECT_EQ(all.ratio.strays, 1U);
}

TEST_F(WrongEdges, TheFirstOddsAreThoseOfTheStrayRule) {
  fault("agg-1", {"cell-3-1-1"});
  const double p = 2.0 / (100 + 24 + 1);
  const double chance = rules().identity.endpoint_faults_per_year * 96 * 2 *
                        to_seconds(rules().identity.stray_wide) / (365.25 * 86400);
  EXPECT_NEAR(found().suspects.front().odds, p * 24 / chance, 1e-6);
}

TEST_F(WrongEdges, ASecondTimeMakesSureAndBeingSparedMakesDoubtful) {
  fault("agg-1", {"cell-3-1-1"});
  const double once = found().suspects.front().odds;
  fault("agg-1");
  const double spared = found().suspects.front().odds;
  EXPECT_LT(spared, once / 4);
  EXPECT_EQ(found().suspects.front().apart, 1U);
  fault("agg-1", {"cell-3-1-1"});
  EXPECT_GT(found().suspects.front().odds, 1000 * once);
}

TEST_F(WrongEdges, WhatHasBeenMendedIsNoSuspect) {
  fault("agg-1", {"cell-1-1-1"});  // by now the inventory has it there
  EXPECT_THAT(found().suspects, IsEmpty());
}

TEST_F(WrongEdges, SingleEndpointsComplaintsAndMergedOnesSayNothing) {
  fault("agg-1", {"cell-3-1-1"}).complaint_only = true;
  fault("agg-1", {"cell-3-1-1"}).merged_into = 7;
  fault("agg-1", {"cell-3-1-1"}).opened_at.reset();
  fault("agg-1", {"cell-3-1-1"}).root = endpoint("cell-1-1-1");
  EXPECT_THAT(found().suspects, IsEmpty());
  EXPECT_EQ(found().ratio.members, 0U);
}

}  // namespace
}  // namespace faultline::decide
