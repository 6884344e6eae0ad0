// The whole argument, over the whole pipeline: what it says of scenarios that others check for their outcome.
#include "rules/model/argument.h"

#include "tests/scenarios/player.h"
#include "tests/scenarios/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace faultline::scenarios {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;

struct Played {
  explicit Played(const std::string& name)
      : scenario(*read_scenario(FAULTLINE_SOURCE_DIR "/tests/scenarios/" + name + ".scenario")),
        player(scenario) {
    player.play();
  }
  // Of the first incident told with this verb.
  const Argument& argument(const std::string& verb) const {
    for (const Told& told : player.story())
      if (told.verb == verb && told.incident.argument) return *told.incident.argument;
    throw std::runtime_error("nothing was " + verb + " with an argument");
  }
  Scenario scenario;
  Player player;
};

auto explained(const std::string& what, const std::string& verdict) {
  return AllOf(Field(&WeighedExplanation::what, what),
               Field(&WeighedExplanation::verdict, HasSubstr(verdict)));
}
auto if_then(const std::string& condition, const std::string& outcome) {
  return AllOf(Field(&WhatIf::condition, HasSubstr(condition)), Field(&WhatIf::outcome, HasSubstr(outcome)));
}

TEST(Argument, OfACutRing) {
  const Played played("ring-cut");
  const Argument& argument = played.argument("opened");
  EXPECT_EQ(argument.bad, 24U);
  EXPECT_THAT(argument.measured, Contains("24 of the 24 endpoints affected are bad now: 24 in reachability"));
  EXPECT_THAT(argument.measured, Contains(HasSubstr("loss: median 100 %")));
  EXPECT_THAT(argument.measured, Contains(HasSubstr("beside it below core core: 0 bad (0 of 4 groups), ")));
  EXPECT_EQ(argument.groups.size(), 8U);
  EXPECT_THAT(argument.groups, testing::Each(Field(&GroupFacts::bad, 3U)));
  EXPECT_THAT(argument.explanations, Contains(explained("aggregation agg-2", "chosen")));
  EXPECT_THAT(argument.explanations,
              Contains(explained("each of the 24 endpoints broke by itself", "less likely")));
  EXPECT_THAT(argument.explanations, Contains(explained("core core", "guard: 1 of its 5 groups")));
  EXPECT_THAT(argument.opening, Contains(HasSubstr("20 s must pass before a ticket")));
  EXPECT_THAT(argument.would_change,
              Contains(if_then("a power or dying-gasp alarm is active", "power would be")));
  EXPECT_THAT(argument.would_change,
              Contains(if_then("of the 8 groups hit were measured good", "it would be")));
  EXPECT_THAT(argument.would_change, Contains(if_then("turned bad as well", "core core")));
}

TEST(Argument, OfASingleSite) {
  const Played played("single-site");
  const Argument& argument = played.argument("opened");
  EXPECT_EQ(argument.bad, 3U);
  EXPECT_THAT(argument.explanations, Contains(explained("aggregation agg-2", "guard: 1 of its 8 groups")));
  EXPECT_THAT(argument.would_change, Contains(if_then("turned bad as well", "aggregation agg-2")));
}

TEST(Argument, OfAStray) {
  const Played played("wrong-inventory");
  EXPECT_THAT(played.argument("opened").measured,
              Contains("1 elsewhere in the inventory became bad with it: cell-wrong"));
}

TEST(Argument, IsKeptWhileTheFaultRecovers) {
  const Played played("ring-cut");
  const auto incidents = played.player.pipeline().incidents();
  ASSERT_FALSE(incidents.empty());
  ASSERT_TRUE(incidents.front()->argument);
  EXPECT_EQ(incidents.front()->state, IncidentState::resolved);
  EXPECT_EQ(incidents.front()->argument->bad, 24U) << "of the time when the most spoke for it";
}

TEST(Argument, StaysSmall) {
  for (const char* name : {"core-cut", "storm", "ring-cut", "power-zone", "congestion"}) {
    const Played played(name);
    for (const Told& told : played.player.story()) {
      if (!told.incident.argument) continue;
      const Argument& argument = *told.incident.argument;
      std::size_t size = 0;
      for (const std::string& text : argument.measured) size += text.size();
      for (const std::string& text : argument.opening) size += text.size();
      for (const auto& one : argument.explanations) size += one.what.size() + one.verdict.size();
      for (const auto& one : argument.would_change) size += one.condition.size() + one.outcome.size();
      EXPECT_LT(size, 8000U) << name;
    }
  }
}

}  // namespace
}  // namespace faultline::scenarios
