// The words that the book has for an argument: what its members show, why it opened, which cause would come.
#include "rules/decide/argument.h"

#include "rules/decide/cause.h"
#include "rules/decide/observe.h"
#include "tests/unit/rules_decide/book_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace faultline::decide {
namespace {

using namespace std::chrono_literals;
using test::BookWorld;
using test::small_network;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

struct ArgumentTest : testing::Test {
  BookWorld world{small_network(4, 6, 4)};
  Argument argument;

  const Record& open_ring() {
    world.set_bad("agg-2");
    world.pass(30s);
    return *world.book.find(1);
  }
  Present present() const { return {world.now, world.health, false}; }
};

TEST_F(ArgumentTest, SaysHowManyAreBadInWhichRespectsAndByHowMuch) {
  const Record& record = open_ring();
  std::vector<DegradationFigures> figures;
  for (const EndpointIndex endpoint : record.incident.bad)
    figures.push_back({endpoint, Respect::reachability, 5, 5, Metric::loss_ratio, 0, 0});
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  const EndpointIndex first = record.incident.bad[0], second = record.incident.bad[1];
  figures.push_back({first, Respect::latency, 0, 0, Metric::rtt_ms, 61, 20});
  figures.push_back({second, Respect::latency, 0, 0, Metric::rtt_ms, 75, unknown});
  world.health[first.value].respects |= 1U << static_cast<unsigned>(Respect::latency);
  world.health[first.value].loss_ratio = 0.4F;
  add_measured(argument, record, present(), *world.topology, figures);
  EXPECT_THAT(argument.measured,
              Contains("24 of the 24 endpoints affected are bad now: 24 in reachability, 1 in latency"));
  EXPECT_THAT(argument.measured, Contains("loss: median 100 % (from 40 % to 100 %); 120 of 120 packets "
                                          "lost since each one's onset"));
  EXPECT_THAT(argument.measured,
              Contains("round trip: median 75.0 ms (61.0 to 75.0), usually 20.0 ms, of 2 endpoints"));
}

TEST_F(ArgumentTest, SaysWithWhichFiguresItOpened) {
  const Record& record = open_ring();
  ASSERT_TRUE(record.is_told());
  add_opening(argument, record, world.book.facts(1, present()), world.rules->decide);
  EXPECT_THAT(argument.opening, Contains(AllOf(HasSubstr(fmt::format("odds {:.1f} nats", record.gain_nats)),
                                               HasSubstr("2.2 needed for 7200 customers"))));
  EXPECT_THAT(argument.opening, Contains(HasSubstr("20 s must pass before a ticket")));
  EXPECT_THAT(argument.opening, Contains(HasSubstr("24 of the 24 members measured in the last seconds")));
}

TEST_F(ArgumentTest, AnAlarmThatWouldMakeAnotherCauseLikelyIsNamedWithItsProbabilities) {
  const Record& record = open_ring();
  ASSERT_FALSE(record.incident.causes.empty());
  const Cause now = record.incident.causes.front().cause;
  add_causes_to_come(argument, record, *world.topology, world.rules->decide.cause);
  ASSERT_FALSE(argument.would_change.empty());
  // Every one of them is what the table says.
  bool flips = false;
  for (const WhatIf& one : argument.would_change) {
    std::optional<CauseFeature> feature;
    for (std::size_t f = 0; f < kCauseFeatureCount; ++f)
      if (text_of(static_cast<CauseFeature>(f)) == one.condition) feature = static_cast<CauseFeature>(f);
    ASSERT_TRUE(feature) << one.condition;
    auto observed = observed_of(record, *world.topology);
    observed.push_back(*feature);
    const auto ranked = rank_causes(observed, world.rules->decide.cause);
    const bool another = ranked.front().cause != now;
    if (!another) {
      EXPECT_THAT(one.outcome, HasSubstr(fmt::format("still {} {:.2f} instead of {:.2f}", name(now),
                                                     ranked.front().probability,
                                                     record.incident.causes.front().probability)));
      continue;
    }
    flips = true;
    EXPECT_THAT(one.outcome, HasSubstr(fmt::format("{} would be the likely cause: {:.2f} instead of",
                                                   name(ranked.front().cause), ranked.front().probability)));
  }
  EXPECT_TRUE(flips);
}

TEST_F(ArgumentTest, SaysWhenItWouldEnd) {
  const Record& record = open_ring();
  add_time_to_come(argument, record, world.book.facts(1, present()), world.rules->decide);
  EXPECT_THAT(argument.would_change,
              Contains(AllOf(Field(&WhatIf::condition, HasSubstr("nothing of it is bad for 5 min")),
                             Field(&WhatIf::outcome, "it would be resolved"))));
}

}  // namespace
}  // namespace faultline::decide
