// The explanations that were possible, with the scores they had, and what would have changed the answer.
#include "rules/correlate/weigh.h"

#include "rules/correlate/what_if.h"
#include "tests/unit/rules_correlate/fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::correlate {
namespace {

using test::kStart;
using test::localise_rules;
using test::Network;
using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

// core – agg-0 … – s<agg>-<site> – cells; some bad, some healthy, the rest not measured.
class Weighed : public testing::Test {
 protected:
  void build(int aggregations, int sites, int cells) {
    Network network;
    network.node("core", NodeKind::core);
    for (int a = 0; a < aggregations; ++a) {
      const std::string agg = "agg-" + std::to_string(a);
      network.node(agg, NodeKind::aggregation, {"core"});
      for (int s = 0; s < sites; ++s)
        network.site("s" + std::to_string(a) + "-" + std::to_string(s), cells, {agg});
    }
    topology = network.build();
    footprints = std::make_unique<Footprints>(topology);
  }
  void set_bad(const std::string& name) { each(name, bad); }
  void set_healthy(const std::string& name) { each(name, healthy); }
  void each(const std::string& name, std::set<EndpointIndex>& into) {
    if (const auto endpoint = topology->find_endpoint(name)) {
      into.insert(*endpoint);
      return;
    }
    for (const EndpointIndex endpoint : topology->endpoints_below(*topology->find_node(name)))
      into.insert(endpoint);
  }
  // The argument for the hypothesis that has most of the bad endpoints.
  Argument argue() {
    given.clear();
    for (const EndpointIndex endpoint : bad) given.push_back({endpoint, rules.bad_nats, kStart, false});
    is_healthy = [this](EndpointIndex e, Timestamp) { return healthy.count(e) > 0 && bad.count(e) == 0; };
    const auto found = explain(*footprints, rules, given, is_healthy);
    hypothesis = *std::max_element(found.begin(), found.end(),
                                   [](const auto& a, const auto& b) { return a.bad.size() < b.bad.size(); });
    const Question question{*footprints,     rules,          given,           is_healthy,
                            hypothesis.root, hypothesis.bad, hypothesis.onset};
    Argument argument;
    count_around(question, argument);
    weigh(question, argument);
    argument.would_change = what_if(question);
    return argument;
  }
  // What explain() makes of the same with these endpoints bad as well.
  std::string root_if_bad(std::initializer_list<const char*> more) {
    const auto before = bad;
    for (const char* name : more) set_bad(name);
    argue();
    bad = before;
    return text_of(hypothesis.root, *topology);
  }

  LocaliseRules rules = localise_rules();
  std::shared_ptr<const Topology> topology;
  std::unique_ptr<Footprints> footprints;
  std::set<EndpointIndex> bad, healthy;
  std::vector<BadEndpoint> given;
  HealthyAfter is_healthy;
  Hypothesis hypothesis;
};

TEST_F(Weighed, ScoresAreThoseOfTheLocaliser) {
  build(3, 6, 4);
  set_bad("agg-1");
  set_healthy("agg-0");
  const Argument argument = argue();
  ASSERT_GE(argument.explanations.size(), 4U);
  const auto& chosen = argument.explanations[0];
  EXPECT_EQ(chosen.what, "aggregation agg-1");
  EXPECT_EQ(chosen.verdict, "chosen");
  EXPECT_EQ(chosen.explains, 24U);
  EXPECT_NEAR(chosen.gain_nats, hypothesis.gain_nats, 1e-9);
  EXPECT_NEAR(-chosen.behind_nats, hypothesis.margin_nats, 1e-9);
  const auto& split = argument.explanations[1];
  EXPECT_EQ(split.what, "site s1-0, site s1-1, site s1-2 and 3 more");
  EXPECT_NEAR(split.gain_nats, hypothesis.gain_nats - hypothesis.margin_nats, 1e-9);
  EXPECT_THAT(split.verdict, HasSubstr("6 faults at the same time"));
  EXPECT_EQ(argument.explanations[2].what, "each of the 24 endpoints broke by itself");
  EXPECT_EQ(argument.explanations[2].gain_nats, 0);
  EXPECT_EQ(argument.explanations[3].what, "core core");
  EXPECT_THAT(
      argument.explanations[3].verdict,
      HasSubstr("guard: 1 of its 3 groups has at least 25 % of the measured endpoints bad, 2 needed"));
}

TEST_F(Weighed, CountsWhatIsBadGoodAndUnmeasuredInEachGroup) {
  build(2, 5, 4);
  set_bad("s0-2");
  set_healthy("s0-0");
  set_healthy("s0-1-c0");
  const Argument argument = argue();
  EXPECT_EQ(text_of(hypothesis.root, *topology), "site s0-2");
  EXPECT_EQ(argument.bad, 4U);
  EXPECT_THAT(argument.groups, SizeIs(4)) << "the endpoints of the site";
  EXPECT_THAT(argument.measured,
              Contains("beside it below aggregation agg-0: 0 bad (0 of 4 groups), 5 measured good since the "
                       "onset, 11 not measured"));
}

TEST_F(Weighed, SaysWhichGuardForbadeTheRing) {
  build(1, 25, 8);
  set_healthy("agg-0");
  set_bad("s0-0");
  set_bad("s0-1");
  const Argument argument = argue();
  EXPECT_THAT(argument.explanations,
              Contains(AllOf(Field(&WeighedExplanation::what, "aggregation agg-0"),
                             Field(&WeighedExplanation::verdict,
                                   "guard: 2 of its 25 groups have at least 25 % of the measured endpoints "
                                   "bad, 3 needed"))));
}

TEST_F(Weighed, NamesTheFewestNeighboursThatWouldMoveItUp) {
  build(1, 6, 4);
  set_healthy("agg-0");
  set_bad("s0-0");
  const auto place = Field(&WhatIf::outcome, HasSubstr("aggregation agg-0"));
  EXPECT_THAT(argue().would_change,
              Contains(AllOf(place, Field(&WhatIf::condition, HasSubstr("of the 8 healthy endpoints of s0-1, "
                                                                        "s0-2 turned bad as well")))));
  // And it is true: fewer do not, so many do.
  EXPECT_EQ(root_if_bad({"s0-1"}), "site s0-0");
  EXPECT_EQ(root_if_bad({"s0-1", "s0-2"}), "aggregation agg-0");
}

TEST_F(Weighed, NamesTheSiblingsThatWouldMakeASingleEndpointASite) {
  build(1, 4, 6);
  set_healthy("agg-0");
  set_bad("s0-0-c0");
  const Argument argument = argue();
  EXPECT_EQ(argument.explanations.front().what, "endpoint s0-0-c0 by itself");
  EXPECT_THAT(argument.explanations,
              Contains(AllOf(Field(&WeighedExplanation::what, "site s0-0"),
                             Field(&WeighedExplanation::verdict, "guard: needs two bad endpoints"))));
  EXPECT_THAT(
      argument.would_change,
      Contains(AllOf(Field(&WhatIf::condition,
                           "1 of the 5 healthy endpoints beside it below site s0-0 turned bad as well "
                           "(s0-0-c1)"),
                     Field(&WhatIf::outcome, HasSubstr("site s0-0")))));
  EXPECT_EQ(root_if_bad({"s0-0-c1"}), "site s0-0");
}

TEST_F(Weighed, NamesTheRecoveryThatWouldMakeItSmaller) {
  build(1, 4, 4);
  set_bad("agg-0");
  EXPECT_THAT(argue().would_change,
              Contains(AllOf(Field(&WhatIf::condition, HasSubstr("of the 4 groups hit were measured good")),
                             Field(&WhatIf::outcome, HasSubstr("site s0-0")))));
}

TEST_F(Weighed, NamesTheUnmeasuredThatWouldTellTheSiteFromTheRing) {
  build(1, 3, 2);
  set_bad("s0-0");
  const auto found = argue().would_change;
  EXPECT_THAT(found, Contains(AllOf(Field(&WhatIf::condition,
                                          "s0-1-c0, s0-1-c1, s0-2-c0, s0-2-c1, not measured since the onset, "
                                          "answered"),
                                    Field(&WhatIf::outcome, AllOf(HasSubstr("all bad: aggregation agg-0"),
                                                                  HasSubstr("all good: site s0-0"))))));
}

TEST_F(Weighed, StaysSmallInALargeFault) {
  build(30, 12, 4);
  for (int a = 0; a < 30; ++a) set_bad("agg-" + std::to_string(a));
  const Argument argument = argue();
  EXPECT_EQ(text_of(hypothesis.root, *topology), "core core");
  EXPECT_THAT(argument.groups, SizeIs(kMostGroups));
  EXPECT_EQ(argument.more_groups, 30 - kMostGroups);
  EXPECT_LE(argument.explanations.size(), kMostExplanations);
  for (const auto& one : argument.explanations) EXPECT_LT(one.what.size() + one.verdict.size(), 300U);
}

}  // namespace
}  // namespace faultline::correlate
