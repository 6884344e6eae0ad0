// Incidents as documents, what a restart finds, and what retention takes.
#include "daemon/store/state.h"

#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "daemon/store/incidents.h"
#include "daemon/store/retention.h"
#include "daemon/store/schema.h"
#include "daemon/store/tickets.h"
#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>

#include <memory>
#include <tuple>

namespace faultline::store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct StateTest : testing::Test {
  TemporaryDirectory directory;
  Database db = std::move(*Database::open(directory / "a.db", OpenMode::read_write));
  std::shared_ptr<const Topology> topology = make_topology(3);
  void SetUp() override { ASSERT_TRUE(migrate(db, migrations())); }
  NodeIndex node(const char* name) { return *topology->find_node(name); }
  EndpointIndex cell(const char* name) { return *topology->find_endpoint(name); }

  Incident full_incident() {
    Incident i;
    i.number = 12;
    i.revision = 3;
    i.state = IncidentState::recovering;
    i.root = node("agg-7");
    i.former_roots = {Area{{node("s-1"), node("s-2")}}, cell("cell-1")};
    i.severity = Severity::major;
    i.confidence = 0.97;
    i.complaint_only = true;
    i.onset = kNoon - 1min;
    i.suspected_at = kNoon - 30s;
    i.opened_at = kNoon;
    i.recovered_at = kNoon + 5min;
    i.reopens = 2;
    i.affected = {cell("cell-1"), cell("cell-2"), cell("cell-3")};
    i.bad = {cell("cell-1"), cell("cell-2")};
    i.suspected_members = {cell("cell-3")};
    i.customers = 1200;
    i.complaints = {"CRM-1", "CRM-2"};
    i.causes = {{Cause::transport, 0.8, {"two of three", "no alarm of power"}}, {Cause::power, 0.2, {}}};
    i.evidence = {{"12 of 15 packets lost", 9.5}};
    i.alternatives = {{"s-1 alone", -3.25}};
    i.merged_into = 13;
    i.follows = 11;
    i.split_from = 9;
    i.most_bad = 24;
    i.well_again = {cell("cell-3")};
    i.narrowed_at = kNoon + 4min;
    return i;
  }
  void save(IncidentNumber number, IncidentState state, Timestamp at, const char* root) {
    Incident i;
    i.number = number;
    i.state = state;
    i.root = node(root);
    ASSERT_EQ(save_incident(db, to_record(i, *topology, at)), true);
  }
};

TEST_F(StateTest, AnIncidentComesBackFromItsDocumentAsItWas) {
  const Incident before = full_incident();
  const IncidentRecord record = to_record(before, *topology, kNoon);
  EXPECT_EQ(record.root, "node:agg-7");
  EXPECT_FALSE(record.ended_at);
  const auto restored = from_document(record.document, *topology);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->dropped_names, 0U);
  const Incident& after = restored->incident;
  EXPECT_EQ(to_record(after, *topology, kNoon).document, record.document);
  EXPECT_EQ(after.root, before.root);
  EXPECT_EQ(after.former_roots, before.former_roots);
  EXPECT_EQ(after.affected, before.affected);
  EXPECT_EQ(after.bad, before.bad);
  EXPECT_EQ(after.suspected_members, before.suspected_members);
  EXPECT_EQ(after.recovered_at, before.recovered_at);
  EXPECT_FALSE(after.closed_at);
  EXPECT_EQ(after.state, before.state);
  EXPECT_EQ(after.severity, before.severity);
  EXPECT_EQ(after.confidence, before.confidence);
  EXPECT_EQ(after.causes[0].reasons, before.causes[0].reasons);
  EXPECT_EQ(after.causes[1].cause, Cause::power);
  EXPECT_EQ(after.alternatives[0].nats, -3.25);
  EXPECT_EQ(after.merged_into, 13U);
  EXPECT_EQ(after.follows, 11U);
  EXPECT_EQ(after.split_from, 9U);
  EXPECT_EQ(after.most_bad, 24U);
  EXPECT_EQ(after.well_again, before.well_again);
  EXPECT_EQ(after.narrowed_at, before.narrowed_at);
}

TEST_F(StateTest, AnIncidentIsFoundAgainByNameInAnotherTopology) {
  Incident before = full_incident();
  before.root = node("s-3");
  before.former_roots.clear();
  before.well_again.clear();
  const IncidentRecord record = to_record(before, *topology, kNoon);
  std::vector<NodeRecord> nodes(1);
  nodes[0].node.name = "s-3";
  EndpointRecord last;
  last.endpoint.name = "cell-2";
  const auto other = *Topology::build(std::move(nodes), {last});
  const auto restored = from_document(record.document, *other);
  ASSERT_TRUE(restored);
  EXPECT_FALSE(restored->root_gone);
  EXPECT_EQ(std::get<NodeIndex>(restored->incident.root), *other->find_node("s-3"));
  EXPECT_THAT(restored->incident.bad, ElementsAre(*other->find_endpoint("cell-2")));
  EXPECT_EQ(restored->dropped_names, 2U + 1U + 1U);
}

Argument full_argument() {
  Argument a;
  a.at = kNoon;
  a.occasion = "opened";
  a.told = true;
  a.bad_members = 2;
  a.bad = 2;
  a.good = 1;
  a.unmeasured = 4;
  a.measured = {"2 of the 3 endpoints affected are bad now", "loss 100 % in the middle"};
  a.groups = {{"s-1", 1, 0, 2}, {"s-2", 1, 1, 2}};
  a.more_groups = 5;
  a.explanations = {{"aggregation agg-7", 2, 9.5, -3.25, "chosen"},
                    {"each of the 2 endpoints broke by itself", 2, 0, 9.5, "9.5 nats less likely"}};
  a.opening = {"odds 9.5 nats"};
  a.would_change = {{WhatIfKind::cause, "an alarm", "power"}, {WhatIfKind::time, "5 min", "resolved"}};
  return a;
}

TEST_F(StateTest, TheArgumentComesBackAsItWas) {
  Incident before = full_incident();
  before.argument = std::make_shared<const Argument>(full_argument());
  const std::string document = to_record(before, *topology, kNoon).document;
  const auto restored = from_document(document, *topology);
  ASSERT_TRUE(restored) << restored.error().message;
  ASSERT_TRUE(restored->incident.argument);
  const Argument& a = *restored->incident.argument;
  EXPECT_EQ(to_record(restored->incident, *topology, kNoon).document, document);
  EXPECT_EQ(std::tie(a.at, a.told, a.unmeasured), std::tuple(kNoon, true, 4U));
  EXPECT_EQ(a.groups.at(1).name, "s-2");
  EXPECT_EQ(a.explanations.at(0).behind_nats, -3.25);
  EXPECT_EQ(a.would_change.at(1).kind, WhatIfKind::time);
  EXPECT_EQ(a.would_change.at(1).outcome, "resolved");
}

// As it was written before arguments were kept.
constexpr const char* kOldDocument =
    R"({"number":4,"revision":9,"state":"closed","root":{"node":"agg-7"},"severity":"minor","confidence":9.9E-1,)"
    R"("complaint_only":false,"onset":1795521600000000,"suspected_at":1795521610000000,"reopens":0,)"
    R"("affected":["cell-1","cell-2"],"bad":[],"suspected_members":["cell-3"],"customers":800,"complaints":[],)"
    R"("causes":[],"evidence":[{"text":"2 of 2 bad","nats":1.25E1}],"alternatives":[],"former_roots":[],)"
    R"("opened_at":1795521630000000,"recovered_at":1795522000000000})";

TEST_F(StateTest, ADocumentFromBeforeArgumentsWereKeptIsRead) {
  const auto restored = from_document(kOldDocument, *topology);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->incident.number, 4U);
  EXPECT_EQ(restored->incident.argument, nullptr);
}

TEST_F(StateTest, AnArgumentOfAnotherVersionIsReadAsFarAsItGoes) {
  std::string document = kOldDocument;
  document.back() = ',';
  document +=
      R"("argument":{"occasion":"opened","colour":"red","would_change":[{"kind":"new","condition":"x"}]}})";
  const auto restored = from_document(document, *topology);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->incident.argument->occasion, "opened");
  EXPECT_EQ(restored->incident.argument->would_change.at(0).condition, "x");
}

TEST_F(StateTest, IncidentsWithATicketAreFoundByTheirOnset) {
  IncidentRecord old;
  old.number = 4;
  old.state = IncidentState::closed;
  old.onset = kNoon - 100h;
  old.opened_at = kNoon - 99h;
  old.document = kOldDocument;
  ASSERT_EQ(save_incident(db, old), true);
  save(5, IncidentState::suspected, kNoon, "s-1");
  Incident with_ticket = full_incident();
  ASSERT_EQ(save_incident(db, to_record(with_ticket, *topology, kNoon)), true);
  const auto numbers = [&](Timestamp since) {
    std::vector<IncidentNumber> found;
    for (const Incident& one : must(told_incidents(db, *topology, since))) found.push_back(one.number);
    return found;
  };
  EXPECT_THAT(numbers(kNoon - 1000h), ElementsAre(4, 12));
  EXPECT_THAT(numbers(kNoon - 1h), ElementsAre(12));
}

TEST_F(StateTest, ADocumentThatIsNoneIsAnErrorWithItsBeginning) {
  const auto result = from_document("{\"number\":true}", *topology);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("stored incident \"{\"number\":true}"));
  EXPECT_FALSE(from_document("", *topology));
}

TEST_F(StateTest, AnOlderRevisionDoesNotOverwriteANewer) {
  Incident i = full_incident();
  ASSERT_EQ(save_incident(db, to_record(i, *topology, kNoon)), true);
  i.revision = 2;
  i.state = IncidentState::open;
  EXPECT_EQ(save_incident(db, to_record(i, *topology, kNoon)), false);
  EXPECT_EQ((*find_incident(db, 12))->state, IncidentState::recovering);
}

TEST_F(StateTest, IncidentsAreListedByStateSeverityRootAndTime) {
  save(1, IncidentState::closed, kNoon, "s-1");
  save(2, IncidentState::open, kNoon, "s-2");
  Incident major = full_incident();
  ASSERT_TRUE(save_incident(db, to_record(major, *topology, kNoon)));
  const auto numbers = [&](const IncidentFilter& filter) {
    std::vector<IncidentNumber> found;
    for (const auto& r : must(list_incidents(db, filter))) found.push_back(r.number);
    return found;
  };
  IncidentFilter states, severity, root, active;
  states.states = {IncidentState::open, IncidentState::closed};
  severity.at_least = Severity::major;
  root.root = "node:s-1";
  active.active_from = kNoon + 1s;
  EXPECT_THAT(numbers({}), ElementsAre(12, 2, 1));
  EXPECT_THAT(numbers(states), ElementsAre(2, 1));
  EXPECT_THAT(numbers(severity), ElementsAre(12));
  EXPECT_THAT(numbers(root), ElementsAre(1));
  EXPECT_THAT(numbers(active), ElementsAre(12, 2));
}

TEST_F(StateTest, AnIncidentNumberIsNotGivenAgainAfterItsIncidentIsGone) {
  EXPECT_EQ(next_incident_number(db), 1U);
  save(7, IncidentState::withdrawn, kNoon, "s-1");
  ASSERT_TRUE(db.run("DELETE FROM incident"));
  EXPECT_EQ(next_incident_number(db), 8U);
}

TEST_F(StateTest, ARestartFindsWhatIsNotOver) {
  save(1, IncidentState::open, kNoon, "s-1");
  save(2, IncidentState::closed, kNoon - 31min, "s-2");
  save(3, IncidentState::closed, kNoon - 29min, "s-3");
  ASSERT_TRUE(save_degradation(db, {"cell-1", Respect::loss, kNoon - 1min, kNoon, "3 of 5"}));
  ASSERT_TRUE(save_degradation(db, {"cell-2", Respect::loss, kNoon - 1min, kNoon, "3 of 5"}));
  ASSERT_TRUE(remove_degradation(db, "cell-2", Respect::loss));
  ASSERT_TRUE(save_baseline(db, {"cell-3", {std::byte{7}}, kNoon}));
  ASSERT_TRUE(save_usual_complaints(db, "learnt\n", kNoon));
  for (auto [id, age] : {std::pair{"old", 25h}, {"second", 1h}, {"first", 2h}}) {
    StoredComplaint c;
    c.id = id;
    c.received = kNoon - age;
    c.cell = "cell-2";
    ASSERT_TRUE(add_complaint(db, c));
  }
  ASSERT_TRUE(attach_complaint(db, "second", 1));  // after the incident was told last
  ASSERT_TRUE(save_maintenance(db, {"CHG-1", "agg-7", kNoon, kNoon + 1h, "new card", "noc"}));
  ASSERT_TRUE(save_maintenance(db, {"CHG-2", "cell-1", kNoon, kNoon + 1h, "new card", "noc"}));
  ASSERT_TRUE(save_maintenance(db, {"CHG-0", "agg-7", kNoon - 2h, kNoon, "over", "noc"}));
  const auto state = load_state(db, *topology, kNoon);
  ASSERT_TRUE(state) << state.error().message;
  ASSERT_EQ(state->pipeline.incidents.size(), 2U);
  EXPECT_EQ(state->pipeline.incidents[0].number, 1U);
  EXPECT_EQ(state->pipeline.incidents[1].number, 3U);
  EXPECT_THAT(state->pipeline.incidents[0].complaints, testing::Contains("second"));
  EXPECT_EQ(state->pipeline.next_incident, 4U);
  ASSERT_EQ(state->pipeline.degradations.size(), 1U);
  EXPECT_EQ(state->pipeline.degradations[0].endpoint, cell("cell-1"));
  EXPECT_EQ(state->pipeline.degradations[0].respect, Respect::loss);
  ASSERT_EQ(state->pipeline.complaints.size(), 2U);
  EXPECT_EQ(state->pipeline.complaints[0].id, "first") << "oldest first";
  EXPECT_EQ(state->pipeline.complaints[0].cell, cell("cell-2"));
  EXPECT_EQ(state->usual_complaints, "learnt\n");
  ASSERT_EQ(state->baselines.size(), 1U);
  EXPECT_THAT(state->baselines[0].second, ElementsAre(std::byte{7}));
  ASSERT_EQ(state->maintenance.size(), 2U);
  EXPECT_EQ(state->maintenance[0].node, node("agg-7"));
  EXPECT_EQ(state->maintenance[1].endpoint, cell("cell-1"));
}

TEST_F(StateTest, WhatTheInventoryHasNoMoreIsCounted) {
  save(1, IncidentState::open, kNoon, "s-3");
  save(2, IncidentState::open, kNoon, "agg-7");
  ASSERT_TRUE(save_degradation(db, {"cell-3", Respect::loss, kNoon, kNoon, ""}));
  ASSERT_TRUE(save_baseline(db, {"cell-3", {std::byte{7}}, kNoon}));
  ASSERT_TRUE(save_maintenance(db, {"CHG-1", "s-3", kNoon, kNoon + 1h, "", ""}));
  const auto state = load_state(db, *make_topology(2), kNoon);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->pipeline.incidents.size(), 1U);
  EXPECT_EQ(state->dropped_incidents, 1U);
  EXPECT_THAT(state->lost, ElementsAre(1U));
  EXPECT_EQ(state->dropped_degradations, 1U);
  EXPECT_EQ(state->dropped_baselines, 1U);
  EXPECT_EQ(state->dropped_maintenance, 1U);
  EXPECT_EQ(state->pipeline.next_incident, 3U);
}

TEST_F(StateTest, RetentionTakesOnlyWhatIsOverAndOldEnough) {
  const Timestamp old = kNoon - std::chrono::days(5000);
  save(1, IncidentState::open, old, "s-1");
  save(2, IncidentState::closed, old, "s-2");
  save(3, IncidentState::closed, kNoon, "s-2");
  save(4, IncidentState::withdrawn, kNoon - std::chrono::days(8), "s-2");
  ASSERT_TRUE(append_event(db, {0, old, "old", {}, "", "", ""}));
  ASSERT_TRUE(append_event(db, {0, kNoon, "new", {}, "", "", ""}));
  ASSERT_TRUE(insert_ticket(db, {"1", 1, "inProgress", "major", 1, old, old, "{}"}));
  ASSERT_TRUE(insert_ticket(db, {"2", 2, "closed", "major", 1, old, old, "{}"}));
  for (const RetentionRule& rule : retention_rules({}, kNoon))
    EXPECT_EQ(remove_slice(db, rule), false) << rule.sql;
  std::vector<IncidentNumber> left;
  for (const auto& r : must(list_incidents(db, {}))) left.push_back(r.number);
  EXPECT_THAT(left, ElementsAre(3, 1));
  EXPECT_EQ(list_events(db, {})->size(), 1U);
  EXPECT_TRUE(*find_ticket(db, "1"));
  EXPECT_FALSE(*find_ticket(db, "2"));
  EXPECT_FALSE(db.run("DELETE FROM event")) << "the new event must still be guarded";
}

TEST_F(StateTest, ARetentionOfZeroKeepsForEver) {
  Retention retention;
  retention.events = {};
  for (const RetentionRule& rule : retention_rules(retention, kNoon)) EXPECT_FALSE(rule.releases_events);
}

TEST(StoreRetentionTest, RemovesInSlicesBetweenOtherJobs) {
  const TemporaryDirectory directory;
  const auto add_events = [](Database& db) -> Result<void> {
    for (int i = 0; i < 1800; ++i)
      if (auto added = append_event(db, {0, Timestamp(), "old", {}, "", "", ""}); !added)
        return tl::make_unexpected(added.error());
    return {};
  };
  {
    auto store = open_store(directory / "a.db");
    ASSERT_TRUE(store->write_now(add_events));
    store->retain(kNoon);
    store->retain(kNoon);  // one is under way
    // Each write_now comes back after the slices queued before it; the last slice queues nothing more.
    const auto count = [](Database& db) { return db.number("SELECT count(*) FROM event"); };
    for (int i = 0; i < 100 && store->query_now(count) != 0; ++i)
      ASSERT_TRUE(store->write_now([](Database&) -> Result<void> { return {}; }));
    EXPECT_EQ(store->query_now(count), 0);
    EXPECT_GT(store->counters().commits, 4U) << "it was to come in slices";
  }
}

}  // namespace
}  // namespace faultline::store
