// What a report counts: the times between onset, ticket, people and repair.
#include "daemon/commands/report_times.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace faultline::commands {
namespace {

using namespace std::chrono_literals;

const Timestamp kNoon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h};

struct ReportTimesTest : testing::Test {
  ReportTimesTest() {
    std::vector<EndpointRecord> endpoints(2);
    endpoints[0].endpoint.name = "cell-1";
    endpoints[1].endpoint.name = "cell-2";
    topology = *Topology::build({}, std::move(endpoints));
    incident.number = 7;
    incident.onset = kNoon;
    incident.opened_at = kNoon + 30s;
    incident.affected = {EndpointIndex{0}};
    incident.customers = 100;
  }
  void event(Duration after, const char* kind, const char* subject, const char* reason = "") {
    store::Event one;
    one.at = kNoon + after;
    one.kind = kind;
    one.subject = subject;
    one.reason = reason;
    if (std::string_view(kind) != "degradation.began") one.incident = 7;
    events.push_back(one);
  }
  void complaint(Duration after) {
    store::StoredComplaint one;
    one.received = kNoon + after;
    complaints.push_back(one);
  }
  ReportTimes times() const { return report_times(incident, complaints, events, *topology); }

  std::shared_ptr<const Topology> topology;
  Incident incident;
  std::vector<store::Event> events;
  std::vector<store::StoredComplaint> complaints;
};

TEST_F(ReportTimesTest, CountsFromOnsetTicketAndRepair) {
  incident.recovered_at = kNoon + 10min;
  event(4min, "ticket.changed", "FL-7");
  event(9min, "ticket.changed", "FL-7");
  complaint(5min);
  complaint(2min);
  const ReportTimes found = times();
  EXPECT_EQ(found.to_detect, Duration(30s));
  EXPECT_EQ(found.to_acknowledge, Duration(210s));
  EXPECT_EQ(found.to_repair, Duration(10min));
  EXPECT_EQ(found.lead, Duration(90s));
  EXPECT_EQ(found.customer_minutes, 1000.0);
}

TEST_F(ReportTimesTest, WhatHasNotHappenedHasNoTime) {
  const ReportTimes found = times();
  EXPECT_FALSE(found.verified || found.acknowledged || found.first_complaint || found.to_repair ||
               found.lead || found.customer_minutes);
  EXPECT_EQ(span_text(found.to_repair), "-");
}

TEST_F(ReportTimesTest, VerifiedIsTheFirstOfItsMembersAndOfNobodyElse) {
  event(3s, "degradation.began", "cell-2");
  event(9s, "degradation.began", "cell-1");
  event(6s, "degradation.began", "cell-1");
  EXPECT_EQ(times().verified, kNoon + 6s);
}

TEST_F(ReportTimesTest, SaysWhoFoundIt) {
  EXPECT_EQ(times().found_by, "probes");
  complaint(2min);
  EXPECT_EQ(times().found_by, "probes, before the first complaint");
  complaint(20s);
  EXPECT_EQ(times().found_by, "both: probes, and complaints came before the ticket");
  event(30s, "incident.opened", "", "7 customers complain below site-1, far more than usual");
  EXPECT_EQ(times().found_by, "complaints, confirmed by probes");
  incident.complaint_only = true;
  EXPECT_EQ(times().found_by, "complaints");
}

TEST(Quantile, IsOneOfTheValues) {
  EXPECT_FALSE(quantile({}, 0.5));
  EXPECT_EQ(quantile({7}, 0.9), 7);
  EXPECT_EQ(quantile({4, 1, 3, 2}, 0.5), 2);
  EXPECT_EQ(quantile({10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 0.9), 9);
  EXPECT_EQ(quantile({1, 2, 1000}, 0.5), 2) << "one outlier does not move it";
}

TEST(SpanText, HasASign) {
  EXPECT_EQ(span_text(Duration(3661s)), "1:01:01");
  EXPECT_EQ(span_text(-Duration(5s)), "-0:00:05");
}

}  // namespace
}  // namespace faultline::commands
