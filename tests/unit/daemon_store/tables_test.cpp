// The typed tables: complaints, events, tickets and the outbox.
#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "daemon/store/outbox.h"
#include "daemon/store/schema.h"
#include "daemon/store/tickets.h"
#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>

namespace faultline::store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct TablesTest : testing::Test {
  TemporaryDirectory directory;
  Database db = std::move(*Database::open(directory / "a.db", OpenMode::read_write));
  void SetUp() override { ASSERT_TRUE(migrate(db, migrations())); }
};

StoredComplaint full_complaint() {
  StoredComplaint c;
  c.id = "CRM-1";
  c.customer = 0xfedcba9876543210;
  c.received = kNoon;
  c.began = kNoon - 10min;
  c.channel = "phone";
  c.language = "nl";
  c.service = Service::mobile_data;
  c.symptom = "no_service";
  c.text = "geen bereik: \"niets\" \xe2\x82\xac";
  c.place = Place{52.3702, 4.8952};
  c.accuracy_m = 120;
  c.postcode = "1012 JS";
  c.line = "line-9";
  c.cell = "cell-1";
  return c;
}

TEST_F(TablesTest, AComplaintComesBackAsItWas) {
  const StoredComplaint c = full_complaint();
  EXPECT_EQ(add_complaint(db, c), true);
  const auto found = find_complaint(db, "CRM-1");
  ASSERT_TRUE(found && *found);
  const StoredComplaint& f = **found;
  EXPECT_EQ(f.customer, c.customer);
  EXPECT_EQ(f.received, c.received);
  EXPECT_EQ(f.began, c.began);
  EXPECT_EQ(std::tie(f.channel, f.language, f.service, f.symptom, f.text),
            std::tie(c.channel, c.language, c.service, c.symptom, c.text));
  ASSERT_TRUE(f.place);
  EXPECT_EQ(f.place->latitude_deg, 52.3702);
  EXPECT_EQ(f.place->longitude_deg, 4.8952);
  EXPECT_EQ(f.accuracy_m, 120);
  EXPECT_EQ(std::tie(f.postcode, f.line, f.cell), std::tie(c.postcode, c.line, c.cell));
  EXPECT_FALSE(f.incident);
}

TEST_F(TablesTest, TheSameComplaintIdAgainChangesNothing) {
  StoredComplaint c = full_complaint();
  EXPECT_EQ(add_complaint(db, c), true);
  c.text = "another text";
  EXPECT_EQ(add_complaint(db, c), false);
  EXPECT_EQ((*find_complaint(db, "CRM-1"))->text, full_complaint().text);
}

TEST_F(TablesTest, ComplaintsAreListedByIncidentAndTime) {
  for (int i = 0; i < 6; ++i) {
    StoredComplaint c = full_complaint();
    c.id = std::to_string(i);
    c.received = kNoon + std::chrono::minutes(i);
    ASSERT_TRUE(add_complaint(db, c));
    if (i % 2 == 0) {
      ASSERT_EQ(attach_complaint(db, c.id, 12), true);
    }
  }
  EXPECT_EQ(attach_complaint(db, "none", 12), false);
  const auto ids = [&](const ComplaintFilter& filter) {
    std::vector<std::string> found;
    for (const auto& c : must(list_complaints(db, filter))) found.push_back(c.id);
    return found;
  };
  ComplaintFilter of_incident;
  of_incident.incident = 12;
  EXPECT_THAT(ids(of_incident), ElementsAre("4", "2", "0"));
  ComplaintFilter unattached_page;
  unattached_page.unattached = true;
  unattached_page.limit = 1;
  unattached_page.offset = 1;
  EXPECT_THAT(ids(unattached_page), ElementsAre("3"));
  ComplaintFilter between;
  between.from = kNoon + 1min;
  between.until = kNoon + 3min;
  EXPECT_THAT(ids(between), ElementsAre("2", "1"));
  ASSERT_EQ(attach_complaint(db, "4", std::nullopt), true);
  EXPECT_THAT(ids(of_incident), ElementsAre("2", "0"));
}

TEST_F(TablesTest, AnEventIsNeverChangedOrRemoved) {
  ASSERT_TRUE(append_event(db, {0, kNoon, "incident.opened", 12, "agg-7", "confirmed", "{}"}));
  for (const char* sql : {"UPDATE event SET reason = 'nothing happened'", "DELETE FROM event",
                          "INSERT OR REPLACE INTO event VALUES(1, 0, 'x', NULL, '', '', '')"}) {
    const auto result = db.run(sql);
    ASSERT_FALSE(result) << sql;
    EXPECT_THAT(result.error().message, HasSubstr("an event is "));
  }
  EXPECT_EQ(list_events(db, {})->at(0).reason, "confirmed");
}

TEST_F(TablesTest, EventsAreListedByKindIncidentAndSubject) {
  ASSERT_TRUE(append_event(db, {0, kNoon, "incident.opened", 1, "agg-7", "", ""}));
  ASSERT_TRUE(append_event(db, {0, kNoon + 1s, "incident.resolved", 1, "agg-7", "", ""}));
  ASSERT_TRUE(append_event(db, {0, kNoon + 2s, "incidental", 2, "", "", ""}));
  ASSERT_TRUE(append_event(db, {0, kNoon + 3s, "reload", {}, "admin", "", ""}));
  const auto ids = [&](const EventFilter& filter) {
    std::vector<std::int64_t> found;
    for (const auto& e : must(list_events(db, filter))) found.push_back(e.id);
    return found;
  };
  EventFilter all, prefix, exact, incident, subject, follow, span;
  prefix.kind = "incident.";
  exact.kind = "reload";
  incident.incident = 2;
  subject.subject = "agg-7";
  follow.after_id = 2;
  follow.oldest_first = true;
  span.from = kNoon + 1s;
  span.until = kNoon + 3s;
  EXPECT_THAT(ids(all), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(ids(prefix), ElementsAre(2, 1));
  EXPECT_THAT(ids(exact), ElementsAre(4));
  EXPECT_THAT(ids(incident), ElementsAre(3));
  EXPECT_THAT(ids(subject), ElementsAre(2, 1));
  EXPECT_THAT(ids(follow), ElementsAre(3, 4));
  EXPECT_THAT(ids(span), ElementsAre(3, 2));
}

TicketRow ticket(const std::string& id, std::optional<IncidentNumber> incident) {
  return {id, incident, "acknowledged", "major", 1, kNoon, kNoon, "{}"};
}

TEST_F(TablesTest, AnIncidentHasOneTicketAtMost) {
  EXPECT_TRUE(insert_ticket(db, ticket("1", 12)));
  EXPECT_FALSE(insert_ticket(db, ticket("2", 12)));
  EXPECT_FALSE(insert_ticket(db, ticket("1", 13)));
  EXPECT_TRUE(insert_ticket(db, ticket("2", std::nullopt)));
  EXPECT_TRUE(insert_ticket(db, ticket("3", std::nullopt)));
  EXPECT_EQ((*find_ticket_of(db, 12))->id, "1");
}

TEST_F(TablesTest, TheSecondOfTwoTicketWritersIsTurnedBack) {
  ASSERT_TRUE(insert_ticket(db, ticket("1", 12)));
  TicketRow first = **find_ticket(db, "1");
  TicketRow second = first;
  first.status = "inProgress";
  second.status = "held";
  EXPECT_EQ(update_ticket(db, first), true);
  EXPECT_EQ(update_ticket(db, second), false);
  EXPECT_EQ((*find_ticket(db, "1"))->status, "inProgress");
  EXPECT_EQ((*find_ticket(db, "1"))->revision, 2U);
}

TEST_F(TablesTest, ATicketPageSaysHowManyThereAre) {
  for (int i = 0; i < 5; ++i) {
    TicketRow row = ticket(std::to_string(i), std::nullopt);
    row.status = i < 3 ? "resolved" : "held";
    ASSERT_TRUE(insert_ticket(db, row));
  }
  TicketFilter filter;
  filter.statuses = {"resolved", "closed"};
  filter.limit = 2;
  const auto page = list_tickets(db, filter);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 3U);
  ASSERT_EQ(page->rows.size(), 2U);
  EXPECT_EQ(page->rows[0].id, "2");
}

TEST_F(TablesTest, TicketNumbersAreNotGivenTwice) {
  EXPECT_EQ(next_ticket_number(db), 1U);
  EXPECT_EQ(next_ticket_number(db), 2U);
}

TEST_F(TablesTest, ATicketLinkIsReplaced) {
  ASSERT_TRUE(save_ticket_link(db, {"noc", "FL-1", "", "", kNoon}));
  ASSERT_TRUE(save_ticket_link(db, {"noc", "FL-1", "INC7", "open", kNoon + 1s}));
  ASSERT_TRUE(save_ticket_link(db, {"rt", "FL-1", "99", "new", kNoon}));
  EXPECT_EQ((*find_ticket_link(db, "noc", "FL-1"))->external_id, "INC7");
  EXPECT_EQ(ticket_links(db, "FL-1")->size(), 2U);
}

OutboxRow outbox_row(const std::string& ticket, const std::string& key, Timestamp next = kNoon) {
  OutboxRow row;
  row.connector = "noc";
  row.ticket_key = ticket;
  row.operation = "update";
  row.idempotency_key = key;
  row.payload = "{\"a\":1}";
  row.created = kNoon;
  row.next_attempt = next;
  return row;
}

TEST_F(TablesTest, TheSameOutboxKeyIsTakenOnce) {
  EXPECT_EQ(must(append_outbox(db, outbox_row("FL-1", "FL-1/1"))), 1);
  EXPECT_EQ(must(append_outbox(db, outbox_row("FL-1", "FL-1/1"))), std::nullopt);
  OutboxRow other = outbox_row("FL-1", "FL-1/1");
  other.connector = "rt";
  EXPECT_NE(must(append_outbox(db, other)), std::nullopt);
}

TEST_F(TablesTest, ALaterOutboxRowOfATicketWaitsForTheEarlier) {
  ASSERT_TRUE(append_outbox(db, outbox_row("FL-1", "a", kNoon + 1h)));  // backing off
  ASSERT_TRUE(append_outbox(db, outbox_row("FL-1", "b")));
  ASSERT_TRUE(append_outbox(db, outbox_row("FL-2", "c")));
  const auto due_keys = [&](Timestamp now) {
    std::vector<std::string> keys;
    for (const auto& row : must(due_outbox(db, "noc", now, 10))) keys.push_back(row.idempotency_key);
    return keys;
  };
  EXPECT_THAT(due_keys(kNoon), ElementsAre("c"));
  EXPECT_THAT(due_keys(kNoon + 1h), ElementsAre("c", "a"));
  EXPECT_EQ(must(next_outbox_attempt(db, "noc")), kNoon);
  OutboxRow first = **find_outbox(db, 1);
  first.state = OutboxState::delivered;
  first.finished = kNoon;
  ASSERT_TRUE(update_outbox(db, first));
  EXPECT_THAT(due_keys(kNoon), ElementsAre("b", "c"));
  EXPECT_EQ(must(next_outbox_attempt(db, "rt")), std::nullopt);
  EXPECT_EQ(outbox_of_ticket(db, "FL-1")->at(0).state, OutboxState::delivered);
}

TEST_F(TablesTest, TheOutboxTellsItsDepthAndOldest) {
  ASSERT_TRUE(append_outbox(db, outbox_row("FL-1", "a")));
  ASSERT_TRUE(append_outbox(db, outbox_row("FL-2", "b")));
  OutboxRow first = **find_outbox(db, 1);
  first.state = OutboxState::rejected;
  first.finished = kNoon;
  first.last_error = "422";
  ASSERT_TRUE(update_outbox(db, first));
  const auto depths = outbox_depths(db);
  ASSERT_TRUE(depths);
  ASSERT_EQ(depths->size(), 1U);
  EXPECT_EQ(depths->at(0).unfinished, 1U);
  EXPECT_EQ(depths->at(0).rejected, 1U);
  EXPECT_EQ(depths->at(0).oldest, kNoon);
}

}  // namespace
}  // namespace faultline::store
