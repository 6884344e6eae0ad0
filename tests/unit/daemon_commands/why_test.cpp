// The argument as `faultline incidents ID --why` prints it.
#include "daemon/commands/why.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace faultline::commands {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Timestamp kNoon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h};

Incident incident_with_argument() {
  Incident incident;
  incident.onset = kNoon;
  incident.evidence = {{"54 of 54 endpoints bad", 610.8}};
  incident.causes = {{Cause::transport, 0.78, {"it began at once everywhere"}}, {Cause::power, 0.2, {}}};
  Argument argument;
  argument.at = kNoon + 24s;
  argument.occasion = "opened";
  argument.told = true;
  argument.bad = 54;
  argument.measured = {"54 of the 54 endpoints affected are bad now: 54 in reachability"};
  argument.groups = {{"site-1", 9, 0, 0}, {"site-02", 9, 1, 2}};
  argument.more_groups = 4;
  argument.explanations = {{"aggregation agg-3", 54, 610.8, -57.6, "chosen"},
                           {"core core-1", 54, 580, 30.8, "guard: 1 of its 6 groups has enough"}};
  argument.opening = {"odds 610.8 nats, 2.2 needed"};
  argument.would_change = {{WhatIfKind::cause, "an alarm of power is active", "power would be it"}};
  incident.argument = std::make_shared<const Argument>(std::move(argument));
  return incident;
}

TEST(Why, ShowsEverySectionWithItsFigures) {
  store::StoredComplaint complaint;
  complaint.received = kNoon + 49s;
  complaint.service = Service::mobile_data;
  store::Event seen;
  seen.at = kNoon + 30s;
  seen.kind = "endpoint.path_found";
  seen.subject = "ep-1";
  seen.reason = "loss begins";
  const std::vector<store::Event> observations(12, seen);
  const std::string text =
      why_text(incident_with_argument(), std::vector{complaint, complaint}, observations);
  EXPECT_THAT(
      text, HasSubstr("What was measured (12:00:24 UTC, when it was opened):\n"
                      "  54 of the 54 endpoints affected are bad now: 54 in reachability\n"
                      "  at the place: 54 endpoints bad, 0 measured good since the onset, 0 not measured\n"));
  EXPECT_THAT(text, HasSubstr("    part       bad  good  not measured\n"
                              "    site-1       9     0             0\n"
                              "    site-02      9     1             2\n"
                              "    and 4 more\n"));
  EXPECT_THAT(text, HasSubstr("    +610.8  aggregation agg-3 (54 bad): chosen\n"
                              "    +580.0  core core-1 (54 bad): guard: 1 of its 6 groups has enough\n"));
  EXPECT_THAT(text, HasSubstr("\nWhy it opened:\n  odds 610.8 nats, 2.2 needed\n"));
  EXPECT_THAT(text, HasSubstr("   78.0 %  transport\n           because it began at once everywhere\n"));
  EXPECT_THAT(text,
              HasSubstr("2 attached (2 mobile_data), the first at 2026-11-24T12:00:49.000Z (49 s after"));
  EXPECT_THAT(text, HasSubstr("\nWhat probes saw meanwhile:\n"
                              "  12:00:30 UTC  ep-1 path_found: loss begins\n"));
  EXPECT_THAT(text, HasSubstr("  and 2 more\n"));
  EXPECT_THAT(text, HasSubstr("  If an alarm of power is active:\n      power would be it\n"));
}

TEST(Why, AnIncidentWithoutAnArgumentShowsWhatItHas) {
  Incident incident = incident_with_argument();
  incident.argument.reset();
  EXPECT_THAT(why_text(incident, {}, {}),
              AllOf(HasSubstr("54 of 54 endpoints bad"), HasSubstr("none attached"),
                    Not(HasSubstr("What was measured"))));
}

}  // namespace
}  // namespace faultline::commands
