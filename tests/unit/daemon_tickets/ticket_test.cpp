#include "daemon/tickets/ticket.h"

#include "daemon/tickets/description.h"
#include "tests/unit/daemon_tickets/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faultline::tickets {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TicketTitle, NamesCausePlaceAndExtent) {
  const auto topology = store::make_topology(62);
  EXPECT_EQ(title(sample_incident(*topology), *topology),
            "Transport fault at agg-7: 62 endpoints, 21,400 customers");
}

TEST(TicketTitle, OfComplaintsAloneSaysThatNoProbeConfirms) {
  const auto topology = store::make_topology(2);
  Incident incident = sample_incident(*topology);
  incident.complaint_only = true;
  EXPECT_EQ(title(incident, *topology),
            "Transport fault suspected at agg-7: 2 complaints, no probe confirms it");
}

TEST(TicketTitle, OfOneEndpointAndNoCauseIsSingular) {
  const auto topology = store::make_topology(1);
  Incident incident = sample_incident(*topology);
  incident.causes.clear();
  incident.root = EndpointIndex{0};
  incident.customers = 1;
  EXPECT_EQ(title(incident, *topology), "Fault at cell-1: 1 endpoint, 1 customer");
}

TEST(TicketTitle, OfAnAreaNamesThreeNodesAtMost) {
  const auto topology = store::make_topology(5);
  EXPECT_EQ(place_in_words(Area{{{1}, {2}}}, *topology), "s-1 and s-2");
  EXPECT_EQ(place_in_words(Area{{{1}, {2}, {3}, {4}, {5}}}, *topology), "s-1, s-2, s-3 and 2 more");
  EXPECT_EQ(place_in_words(Area{}, *topology), "an unknown place");
}

TEST(TicketDescription, SaysWhatWhereSinceWhenAndWhy) {
  const auto topology = store::make_topology(62);
  const std::string text = description(sample_incident(*topology), *topology);
  EXPECT_THAT(text, HasSubstr("Where: agg-7 (aggregation)."));
  EXPECT_THAT(text, HasSubstr("Since: 2026-03-14 12:00 UTC."));
  EXPECT_THAT(text,
              HasSubstr("Likely cause: a cut fibre or another fault in transport or aggregation (87 %)."));
  EXPECT_THAT(text, HasSubstr("  - no alarm\n"));
  EXPECT_THAT(text, Not(HasSubstr("4th"))) << "three reasons are enough";
  EXPECT_THAT(text, HasSubstr("Next likely: a power failure (8 %)."));
  EXPECT_THAT(text, HasSubstr("Weighed and rejected:\n  - core-1: cell-9 below it is healthy\n"));
  EXPECT_THAT(text, HasSubstr("Complaints attached: 2."));
  EXPECT_THAT(text, HasSubstr(" and 42 more."));
}

TEST(TicketDescription, NamesWhatWasMeasured) {
  const auto topology = store::make_topology(3);
  Incident incident = sample_incident(*topology);
  EXPECT_THAT(description(incident, *topology), Not(HasSubstr("Measured")));
  Argument argument;
  argument.at = kStart + std::chrono::seconds(20);
  argument.measured.assign(9, "received light: median -29.1 dBm, usually -20.3 dBm, of 3 endpoints");
  incident.argument = std::make_shared<const Argument>(argument);
  const std::string text = description(incident, *topology);
  EXPECT_THAT(text, HasSubstr("Measured at 12:00:20 UTC:\n  - received light: median -29.1 dBm, usually "));
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = text.find("received light", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, 6U) << "a ticket is short";
}

TEST(TicketDescription, StaysShortAndOnItsLinesWhateverTheRulesSay) {
  const auto topology = store::make_topology(3);
  Incident incident = sample_incident(*topology);
  incident.evidence.assign(100, {std::string(5000, 'x') + "\nInjected: line", 1});
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "ü";
  incident.alternatives = {{umlauts, 0}};
  const std::string text = description(incident, *topology);
  EXPECT_LT(text.size(), 8000U);
  EXPECT_THAT(text, HasSubstr("and 90 more"));
  EXPECT_THAT(text, Not(HasSubstr("\nInjected")));
  EXPECT_THAT(text, HasSubstr("ü…")) << "cut between characters";
}

TEST(TicketDraft, NamesBadEndpointsFirstAndAtMostFifty) {
  const auto topology = store::make_topology(120);
  const TicketDraft d = sample_draft(*topology, kOpened);
  ASSERT_EQ(d.affected.size(), 1 + kMaxNamedEndpoints);
  EXPECT_EQ(d.affected[0].name, "agg-7");
  EXPECT_EQ(d.affected[0].role, "faultLocation");
  EXPECT_EQ(d.affected_endpoints, 120U);
  for (std::size_t i = 1; i < d.affected.size(); ++i)
    EXPECT_EQ(topology->find_endpoint(d.affected[i].name)->value % 2, 0U) << d.affected[i].name;
}

TEST(TicketDraft, CarriesFormerRootsAndRelations) {
  const auto topology = store::make_topology(3);
  Incident incident = sample_incident(*topology);
  incident.former_roots = {*topology->find_node("s-1")};
  incident.follows = 3;
  incident.merged_into = 4;
  const TicketDraft d = draft(incident, *topology, IncidentEvent::rerooted, "two sites, one ring", kStart);
  EXPECT_EQ(d.affected[1].name, "s-1");
  EXPECT_EQ(d.affected[1].role, "formerFaultLocation");
  EXPECT_EQ(d.note, "Placed at agg-7 (before: s-1): two sites, one ring");
  ASSERT_EQ(d.relations.size(), 2U);
  EXPECT_EQ(d.relations[0].key + d.relations[0].type, "FL-4mergedInto");
  EXPECT_EQ(d.relations[1].key + d.relations[1].type, "FL-3follows");
}

TEST(TicketDraft, LinksATicketToTheOneItWasSplitFrom) {
  const auto topology = store::make_topology(3);
  Incident incident = sample_incident(*topology);
  incident.split_from = 12;
  const TicketDraft d = draft(incident, *topology, IncidentEvent::opened, "split from FL-12", kStart);
  ASSERT_EQ(d.relations.size(), 1U);
  EXPECT_EQ(d.relations[0].key + d.relations[0].type, "FL-12splitFrom");
  EXPECT_NE(d.description.find("Split from FL-12"), std::string::npos) << d.description;
}

TEST(ExternalKey, ReadsOnlyWhatItWrites) {
  EXPECT_EQ(external_key(17), "FL-17");
  EXPECT_EQ(incident_from_key("FL-17"), 17U);
  for (const char* bad : {"", "FL-", "FL-0", "FL-017", "FL-1 ", "fl-1", "FL--1", "FL-99999999999999999999"})
    EXPECT_FALSE(incident_from_key(bad)) << bad;
}

TEST(WantedStatus, FollowsTheLifeCycle) {
  using enum IncidentState;
  EXPECT_FALSE(wanted_status(suspected, IncidentEvent::suspected));
  EXPECT_FALSE(wanted_status(withdrawn, IncidentEvent::withdrawn));
  EXPECT_EQ(wanted_status(open, IncidentEvent::opened), Status::acknowledged);
  EXPECT_EQ(wanted_status(open, IncidentEvent::reopened), Status::in_progress);
  EXPECT_EQ(wanted_status(recovering, IncidentEvent::recovering), Status::in_progress);
  EXPECT_EQ(wanted_status(resolved, IncidentEvent::resolved), Status::resolved);
  EXPECT_EQ(wanted_status(closed, IncidentEvent::closed), Status::closed);
  EXPECT_EQ(wanted_status(merged, IncidentEvent::merged), Status::cancelled);
}

}  // namespace
}  // namespace faultline::tickets
