// Capacity, risk and hints: a Survey over a small network.
#include "rules/foresee/survey.h"
#include "tests/unit/rules_foresee/learnt_days.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <tuple>

namespace faultline::foresee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Timestamp kNow =
    Timestamp(std::chrono::seconds(1'795'514'400));  // 2026-11-24, a Tuesday, 10:00 UTC

class Advice : public testing::Test {
 protected:
  static std::shared_ptr<const Topology> network() {
    std::vector<NodeRecord> nodes(2);
    nodes[0].node.name = "site";
    nodes[1].node.name = "feed";
    nodes[1].node.kind = NodeKind::power;
    std::vector<EndpointRecord> endpoints;
    for (const auto& [name, technology, customers] : {std::tuple("cell-1", Technology::lte, 400U),
                                                      {"cell-2", Technology::lte, 300U},
                                                      {"cell-3", Technology::nr, 900U},
                                                      {"pon", Technology::gpon, 48U},
                                                      {"cable", Technology::docsis, 250U}}) {
      EndpointRecord record;
      record.endpoint.name = name;
      record.endpoint.technology = technology;
      record.endpoint.customers = customers;
      record.parents = {{EdgeKind::transport, "site"}, {EdgeKind::power, "feed"}};
      endpoints.push_back(record);
    }
    return *Topology::build(std::move(nodes), std::move(endpoints));
  }
  // Looks at all; those without an entry have learnt nothing.
  Outlook look(const std::map<std::uint32_t, LearntEndpoint>& learnt = {}) {
    for (std::uint32_t e = 0; e < topology->endpoints().size(); ++e) {
      const auto found = learnt.find(e);
      survey.look_at(EndpointIndex{e}, found == learnt.end() ? LearntEndpoint{} : found->second, true);
    }
    return survey.finish();
  }
  static LearntEndpoint busy(int strained_days, double utilisation) {
    LearntEndpoint learnt;
    learnt.busy = {20, 14, static_cast<std::uint8_t>(strained_days)};
    learnt.metrics.push_back(days_of(Metric::utilisation, [](int) { return 0.4; }));
    set_profile(learnt.metrics.back(), [=](std::size_t hour) { return hour == 20 ? utilisation : 0.2; });
    return learnt;
  }
  static LearntEndpoint radio(double rsrp, double sinr) {
    LearntEndpoint learnt;
    learnt.metrics = {days_of(Metric::rsrp_dbm, [=](int) { return rsrp; }),
                      days_of(Metric::sinr_db, [=](int) { return sinr; })};
    return learnt;
  }
  std::vector<HintKind> kinds(const Outlook& outlook) {
    std::vector<HintKind> all;
    for (const Hint& hint : outlook.hints) all.push_back(hint.kind);
    return all;
  }

  std::shared_ptr<const Topology> topology = network();
  Survey survey{topology, shipped_rules(), kNow};
};

TEST_F(Advice, CapacityIsRankedByCustomersAndIndex) {
  const Outlook outlook = look({{0, busy(10, 0.9)}, {2, busy(5, 0.8)}, {1, busy(4, 0.8)}});
  ASSERT_EQ(outlook.capacity.size(), 2U) << "four days of fourteen are too few";
  EXPECT_EQ(outlook.capacity[0].endpoint.value, 2U);  // 900 * 5 / 14 = 321 against 400 * 10 / 14 = 286
  EXPECT_NEAR(outlook.capacity[0].weight, 321.4, 0.1);
  EXPECT_NEAR(outlook.capacity[1].index, 10 / 14.0, 1e-9);
  EXPECT_EQ(outlook.capacity[1].evidence, "strained at 20:00 on 10 of 14 days; utilisation 90 %");
}

TEST_F(Advice, LoadGoesToAnIdleNeighbourAndCableIsSplit) {
  const Outlook outlook =
      look({{0, busy(10, 0.9)}, {1, busy(0, 0.25)}, {2, busy(0, 0.6)}, {4, busy(7, 0.9)}});
  ASSERT_THAT(kinds(outlook), ElementsAre(HintKind::load_balance, HintKind::split_node));
  EXPECT_EQ(outlook.hints[0].endpoint, EndpointIndex{0});
  EXPECT_EQ(outlook.hints[0].advice, "balance load to cell-2");
  EXPECT_EQ(outlook.hints[1].endpoint, EndpointIndex{4});
}

TEST_F(Advice, NobodyIdleNothingToBalance) {
  EXPECT_TRUE(look({{0, busy(10, 0.9)}, {1, busy(0, 0.5)}, {2, busy(3, 0.1)}}).hints.empty());
}

TEST_F(Advice, PoorSinrAtAGoodSignalIsInterference) {
  const Outlook outlook = look({{0, radio(-85, 3)}, {1, radio(-85, 15)}, {2, radio(-105, 3)}});
  ASSERT_THAT(kinds(outlook), ElementsAre(HintKind::interference));
  EXPECT_EQ(outlook.hints[0].endpoint, EndpointIndex{0});
  EXPECT_EQ(outlook.hints[0].evidence, "SINR 3.0 dB at a good RSRP of -85.0 dBm");
}

TEST_F(Advice, WeakSignalWithComplaintsIsACoverageHole) {
  for (std::uint64_t customer = 1; customer <= 3; ++customer)
    survey.note(PastComplaint{EndpointIndex{0}, customer, kNow});
  survey.note(PastComplaint{EndpointIndex{1}, 9, kNow});
  const Outlook outlook = look({{0, radio(-112, 2)}, {1, radio(-112, 2)}});
  ASSERT_THAT(kinds(outlook), ElementsAre(HintKind::coverage_hole));
  EXPECT_EQ(outlook.hints[0].endpoint, EndpointIndex{0});
}

TEST_F(Advice, ADimmingPortIsCleanedBeforeItsDate) {
  LearntEndpoint pon;
  pon.metrics = {days_of(Metric::optical_rx_dbm, [](int i) { return -23 - 0.1 * i + 0.05 * (i % 2); })};
  const Outlook outlook = look({{3, pon}});
  ASSERT_THAT(kinds(outlook), ElementsAre(HintKind::clean_optics));
  EXPECT_EQ(outlook.hints[0].advice, "clean or re-splice before 2026-12-06");
  ASSERT_FALSE(outlook.findings.empty());
  EXPECT_EQ(outlook.findings[0].endpoint, EndpointIndex{3});
}

TEST_F(Advice, RepeatedPowerIncidentsAskForTheBattery) {
  for (int i = 0; i < 3; ++i) survey.note(PastIncident{NodeIndex{1}, Cause::power, {}});
  for (int i = 0; i < 5; ++i) survey.note(PastIncident{NodeIndex{0}, Cause::transport, {}});
  const Outlook outlook = look();
  ASSERT_THAT(kinds(outlook), ElementsAre(HintKind::battery));
  EXPECT_EQ(outlook.hints[0].node, NodeIndex{1});
  EXPECT_EQ(outlook.hints[0].customers, 400U + 300 + 900 + 48 + 250);
}

TEST_F(Advice, AStrayTwiceIsAnInventoryError) {
  survey.note(PastIncident{NodeIndex{0}, Cause::transport, {EndpointIndex{1}, EndpointIndex{2}}});
  survey.note(PastIncident{NodeIndex{0}, Cause::transport, {EndpointIndex{2}}});
  const Outlook outlook = look();
  ASSERT_THAT(kinds(outlook), ElementsAre(HintKind::inventory_edge));
  EXPECT_EQ(outlook.hints[0].endpoint, EndpointIndex{2});
}

TEST_F(Advice, ACustomerWhoComplainsOnAWellLineGetsHelpWithWifi) {
  for (int i = 0; i < 3; ++i) survey.note(PastComplaint{EndpointIndex{3}, 77, kNow});
  for (int i = 0; i < 3; ++i) survey.note(PastComplaint{EndpointIndex{4}, 88, kNow, true});  // explained
  for (std::uint64_t i = 0; i < 3; ++i)
    survey.note(PastComplaint{EndpointIndex{0}, i, kNow});  // three people
  const Outlook outlook = look();
  ASSERT_THAT(kinds(outlook), ElementsAre(HintKind::customer_wifi));
  EXPECT_EQ(outlook.hints[0].endpoint, EndpointIndex{3});
  EXPECT_THAT(outlook.hints[0].evidence, HasSubstr("3 complaints of 1 customer that"));
}

// Five endpoints, one with 4 falls: ln 5 = 1.609 against a mean of 0.3219 and a deviation of 0.6438, z = 2.
// At a weight of 0.35 and a bias of -3: logit -2.3, score 0.0911.
TEST_F(Advice, RiskIsALogisticScoreOfStandardisedFactors) {
  LearntEndpoint loose;
  loose.troubles.falls_28d = 4;
  const Outlook outlook = look({{1, loose}});
  ASSERT_EQ(outlook.risk.size(), 1U) << "nothing speaks for the others";
  EXPECT_EQ(outlook.risk[0].endpoint, EndpointIndex{1});
  EXPECT_NEAR(outlook.risk[0].score, 1 / (1 + std::exp(2.3)), 1e-4);
  ASSERT_EQ(outlook.risk[0].reasons.size(), 1U);
  EXPECT_EQ(outlook.risk[0].reasons[0].factor, RiskFactor::falls_28d);
  EXPECT_NEAR(outlook.risk[0].reasons[0].value, 4, 1e-5);
}

TEST_F(Advice, AQuietNetworkHasNone) {
  const Outlook outlook = look();
  EXPECT_EQ(outlook.endpoints, 5U);
  EXPECT_TRUE(outlook.risk.empty());
  EXPECT_TRUE(outlook.findings.empty());
  EXPECT_TRUE(outlook.capacity.empty());
}

}  // namespace
}  // namespace faultline::foresee
