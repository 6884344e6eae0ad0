#include "daemon/tickets/book.h"

#include "daemon/store/incidents.h"
#include "daemon/store/outbox.h"
#include "daemon/tickets/message.h"
#include "daemon/tickets/tmf_patch.h"
#include "tests/unit/daemon_tickets/sample.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace faultline::tickets {
namespace {

namespace json = boost::json;
using testing::EndsWith;
using testing::HasSubstr;

struct StatusCase {
  const char* what;
  Status current;
  bool by_person;
  IncidentEvent event;
  Status wanted, expected;
  StatusVerdict verdict;
};

TEST(TicketStatus, FollowsTheLifeCycleAndRespectsPeople) {
  using enum Status;
  using E = IncidentEvent;
  using V = StatusVerdict;
  const StatusCase cases[] = {
      {"an update leaves acknowledged", acknowledged, false, E::updated, in_progress, acknowledged,
       V::unchanged},
      {"recovering moves on", acknowledged, false, E::recovering, in_progress, in_progress, V::as_wanted},
      {"resolve", in_progress, false, E::resolved, resolved, resolved, V::as_wanted},
      {"an update respects held", held, true, E::updated, in_progress, held, V::person_kept},
      {"recovering respects pending", pending, true, E::recovering, in_progress, pending, V::person_kept},
      {"resolve goes over held", held, true, E::resolved, resolved, resolved, V::person_passed},
      {"resolve leaves a closed one", closed, true, E::resolved, resolved, closed, V::person_kept},
      {"resolve leaves a rejected one", rejected, true, E::resolved, resolved, rejected, V::person_kept},
      {"reopen of ours", resolved, false, E::reopened, in_progress, in_progress, V::as_wanted},
      {"reopen goes over closed", closed, true, E::reopened, in_progress, in_progress, V::person_passed},
      {"reopen leaves rejected", rejected, true, E::reopened, in_progress, rejected, V::person_kept},
      {"reopen leaves cancelled", cancelled, true, E::reopened, in_progress, cancelled, V::person_kept},
      {"merge goes over pending", pending, true, E::merged, cancelled, cancelled, V::person_passed},
      {"merge leaves closed", closed, true, E::merged, cancelled, closed, V::person_kept},
      {"close what a person resolved", resolved, true, E::closed, closed, closed, V::as_wanted},
      {"close respects pending", pending, true, E::closed, closed, pending, V::person_kept},
      {"closed already", closed, true, E::closed, closed, closed, V::unchanged},
      {"an update after a person's resolve", resolved, true, E::updated, in_progress, resolved,
       V::person_kept},
      {"an update never revives our cancelled", cancelled, false, E::updated, in_progress, cancelled,
       V::unchanged},
  };
  for (const StatusCase& c : cases) {
    const StatusDecision decision = decide_status(c.current, c.by_person, c.event, c.wanted);
    EXPECT_EQ(name(decision.status), name(c.expected)) << c.what;
    EXPECT_EQ(static_cast<int>(decision.verdict), static_cast<int>(c.verdict)) << c.what;
  }
}

class Book : public testing::Test {
 protected:
  // Tells one change and keeps the ticket.
  std::optional<Told> tell_change(const Change& change) {
    auto told = tell(row_, sample_draft(*topology_, change));
    if (told) row_ = told->row;
    return told;
  }
  void patch_status(const char* status) {
    const std::string body = std::string(R"({"@type":"TroubleTicket","status":")") + status + "\"}";
    auto outcome = patch(*row_, body, "ann", kStart);
    ASSERT_TRUE(std::holds_alternative<Patched>(outcome));
    row_ = std::get<Patched>(outcome).row;
  }
  json::object document() const { return json::parse(row_->document).as_object(); }
  std::string text(const char* field) const { return std::string(document().at(field).as_string()); }
  std::string last_note() const {
    return std::string(document().at("note").as_array().back().at("text").as_string());
  }
  json::value characteristic(std::string_view key) const {
    const json::object all = document();
    for (const auto& item : all.at("troubleTicketCharacteristic").as_array())
      if (item.at("name").as_string() == key) return item;
    return nullptr;
  }

  std::shared_ptr<const Topology> topology_ = store::make_topology(62);
  std::optional<store::TicketRow> row_;
};

TEST_F(Book, MakesATmf621TicketWhenTheIncidentOpens) {
  const auto told = tell_change(kOpened);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->is_new);
  EXPECT_EQ(told->operation, Operation::create);
  EXPECT_EQ(told->message.idempotency_key, "FL-7/1");
  EXPECT_EQ(row_->id, "FL-7");
  EXPECT_EQ(row_->incident, 7U);
  EXPECT_EQ(text("@type"), "TroubleTicket");
  EXPECT_EQ(text("href"), "/tmf-api/troubleTicket/v5/troubleTicket/FL-7");
  EXPECT_EQ(text("name"), "Transport fault at agg-7: 62 endpoints, 21,400 customers");
  EXPECT_EQ(text("severity"), "major");
  EXPECT_EQ(text("priority"), "High");
  EXPECT_EQ(text("ticketType"), "incident");
  EXPECT_EQ(text("status"), "acknowledged");
  EXPECT_EQ(text("creationDate"), "2026-03-14T12:00:20.000Z");
  EXPECT_EQ(last_note(), "Opened: the burst confirmed it");
  const json::object whole = document();
  const json::object& id = whole.at("externalIdentifier").as_array().at(0).as_object();
  EXPECT_EQ(id.at("id").as_string(), "FL-7");
  EXPECT_EQ(id.at("owner").as_string(), "faultline");
  const json::object& entity = whole.at("relatedEntity").as_array().at(0).as_object();
  EXPECT_EQ(entity.at("role").as_string(), "faultLocation");
  EXPECT_EQ(entity.at("entity").at("id").as_string(), "agg-7");
  EXPECT_EQ(characteristic("customersAffected").at("value").as_int64(), 21'400);
  EXPECT_EQ(characteristic("customersAffected").at("@type").as_string(), "IntegerCharacteristic");
  EXPECT_EQ(characteristic("likelyCause").at("value").as_string(), "transport");
  EXPECT_DOUBLE_EQ(characteristic("confidence").at("value").as_double(), 0.97);
  EXPECT_THAT(row_->document, HasSubstr("\"value\":0.97}")) << "numbers are written plainly";
}

TEST_F(Book, TellsNothingOfASuspicionThatNeverOpened) {
  EXPECT_FALSE(tell_change({IncidentState::suspected, IncidentEvent::suspected, "", 0}));
  EXPECT_FALSE(tell_change({IncidentState::withdrawn, IncidentEvent::withdrawn, "", 10}));
  EXPECT_FALSE(tell_change(kMerged));
  EXPECT_FALSE(row_);
}

TEST_F(Book, KeepsOneTicketThroughTheWholeLife) {
  const std::vector<std::pair<Change, const char*>> life = {
      {kOpened, "acknowledged"}, {kUpdated, "acknowledged"}, {kRecovering, "inProgress"},
      {kRelapsed, "inProgress"}, {kResolved, "resolved"},    {kReopened, "inProgress"},
      {kResolved, "resolved"},   {kClosed, "closed"}};
  int seconds = 20;
  int tellings = 0;
  for (auto [change, status] : life) {
    change.seconds = seconds += 30;
    const auto told = tell_change(change);
    ASSERT_TRUE(told) << status;
    EXPECT_EQ(told->row.id, "FL-7");
    EXPECT_EQ(told->is_new, tellings == 0);
    EXPECT_EQ(told->message.idempotency_key, "FL-7/" + std::to_string(++tellings));
    EXPECT_EQ(text("status"), status);
    EXPECT_EQ(row_->status, status);
  }
  EXPECT_EQ(document().at("note").as_array().size(), life.size());
  EXPECT_EQ(document().at("statusChangeHistory").as_array().size(), 6U);
}

TEST_F(Book, GivesAResolutionDateAndTakesItAwayOnReopen) {
  tell_change(kOpened);
  EXPECT_EQ(tell_change(kResolved)->operation, Operation::resolve);
  EXPECT_EQ(text("resolutionDate"), "2026-03-14T12:06:40.000Z");
  EXPECT_EQ(tell_change(kReopened)->operation, Operation::update);
  EXPECT_FALSE(document().contains("resolutionDate"));
}

TEST_F(Book, KeepsAPersonsStatusAndSaysSo) {
  tell_change(kOpened);
  patch_status("held");
  const auto told = tell_change(kRecovering);
  EXPECT_EQ(told->operation, Operation::comment);
  EXPECT_EQ(text("status"), "held");
  EXPECT_EQ(last_note(), "Recovering: all answer again (The status stays held, as a person set it.)");
  tell_change(kResolved);
  EXPECT_EQ(text("status"), "resolved");
  EXPECT_THAT(last_note(), EndsWith("(The status was held, set by a person.)"));
  EXPECT_EQ(characteristic("statusSetBy").at("value").as_string(), "faultline");
}

TEST_F(Book, MergedTicketIsCancelledAndPointsAtTheOther) {
  tell_change(kOpened);
  Incident incident = sample_incident(*topology_, IncidentState::merged);
  incident.merged_into = 3;
  row_ = tell(row_, draft(incident, *topology_, IncidentEvent::merged, "one cut", kStart))->row;
  EXPECT_EQ(text("status"), "cancelled");
  const json::object whole = document();
  const json::value& relation = whole.at("troubleTicketRelationship").as_array().at(0);
  EXPECT_EQ(relation.at("id").as_string(), "FL-3");
  EXPECT_EQ(relation.at("relationshipType").as_string(), "mergedInto");
}

TEST_F(Book, IgnoresExactlyTheSameChangeTwice) {
  tell_change(kOpened);
  EXPECT_TRUE(tell_change(kUpdated));
  EXPECT_FALSE(tell_change(kUpdated));
  Change later = kUpdated;
  later.seconds += 1;
  EXPECT_TRUE(tell_change(later));
}

TEST_F(Book, KeepsItsFirstNoteAndPeoplesWhenNotesAreMany) {
  tell_change(kOpened);
  const std::string body =
      R"({"@type":"TroubleTicket","note":[{"@type":"Note","text":"crew is on its way","author":"ann"}]})";
  row_ = std::get<Patched>(patch(*row_, body, "", kStart)).row;
  Change change = kUpdated;
  for (std::size_t i = 0; i < kMaxNotes + 20; ++i) {
    ++change.seconds;
    tell_change(change);
  }
  const json::object whole = document();
  const json::array& notes = whole.at("note").as_array();
  EXPECT_EQ(notes.size(), kMaxNotes);
  EXPECT_EQ(notes[0].at("text").as_string(), "Opened: the burst confirmed it");
  EXPECT_EQ(notes[1].at("text").as_string(), "crew is on its way");
  std::map<std::string, int> ids;
  for (const auto& note : notes) EXPECT_EQ(++ids[std::string(note.at("id").as_string())], 1);
}

TEST_F(Book, RefusesADamagedDocument) {
  tell_change(kOpened);
  for (const char* damaged : {"", "{", "[]", "{}", R"({"@type":"TroubleTicket","status":"dancing"})"}) {
    row_->document = damaged;
    EXPECT_THROW(tell(row_, sample_draft(*topology_, kUpdated)), std::invalid_argument) << damaged;
  }
}

class BookOnDisk : public testing::Test {
 protected:
  // The job of the application: incident, ticket and outbox in one.
  Result<void> change(const Change& change, bool break_it = false) {
    const TicketDraft d = sample_draft(*topology_, change);
    auto record = store::to_record(sample_incident(*topology_, change.state), *topology_, d.at);
    record.revision = ++revision_;
    return store_->write_now([&](store::Database& db) -> Result<void> {
      if (auto saved = store::save_incident(db, record); !saved) return tl::make_unexpected(saved.error());
      const std::vector<std::string> connectors = {"noc", "crm"};
      if (auto told = tell(db, d, connectors); !told) return tl::make_unexpected(told.error());
      if (break_it) return fail("power cut");
      return {};
    });
  }
  std::size_t tickets() {
    return store_->query_now([](store::Database& db) { return store::list_tickets(db, {}); })->total;
  }
  std::vector<store::OutboxRow> outbox() {
    return *store_->query_now([](store::Database& db) { return store::outbox_of_ticket(db, "FL-7"); });
  }

  store::TemporaryDirectory directory_;
  std::unique_ptr<store::Store> store_ = store::open_store(directory_ / "book.db");
  std::shared_ptr<const Topology> topology_ = store::make_topology(5);
  std::uint32_t revision_ = 0;
};

TEST_F(BookOnDisk, WritesTicketAndOneRowPerConnector) {
  ASSERT_TRUE(change(kOpened));
  ASSERT_TRUE(change(kResolved));
  EXPECT_EQ(tickets(), 1U);
  const auto rows = outbox();
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].connector + rows[0].operation, "noccreate");
  EXPECT_EQ(rows[3].connector + rows[3].operation, "crmresolve");
  EXPECT_LT(rows[0].sequence, rows[2].sequence);
  const auto read = from_outbox_row(rows[2]);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->operation, Operation::resolve);
  EXPECT_EQ(payload(read->operation, read->message), rows[2].payload) << "what is stored is what is sent";
}

TEST_F(BookOnDisk, WritesNeitherIfTheJobFails) {
  EXPECT_FALSE(change(kOpened, true));
  EXPECT_EQ(tickets(), 0U);
  EXPECT_TRUE(outbox().empty());
  const auto incident = store_->query_now([](store::Database& db) { return store::find_incident(db, 7); });
  EXPECT_FALSE(incident->has_value());
}

TEST_F(BookOnDisk, HasOneTicketAfterAReopenOfTheStore) {
  ASSERT_TRUE(change(kOpened));
  store_.reset();
  store_ = store::open_store(directory_ / "book.db");
  ASSERT_TRUE(change(kUpdated));
  ASSERT_TRUE(change(kResolved));
  EXPECT_EQ(tickets(), 1U);
  EXPECT_EQ(outbox().back().idempotency_key, "FL-7/3");
}

TEST(OutboxMessage, RefusesARowThatIsNoTicketEvent) {
  store::OutboxRow row;
  row.sequence = 9;
  row.operation = "create";
  for (const char* payload_text : {"", "[]", "{}", R"({"troubleTicket":{}})"}) {
    row.payload = payload_text;
    const auto read = from_outbox_row(row);
    ASSERT_FALSE(read) << payload_text;
    EXPECT_THAT(read.error().message, HasSubstr("outbox row 9"));
  }
}

}  // namespace
}  // namespace faultline::tickets
