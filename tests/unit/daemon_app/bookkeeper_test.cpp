// What the rules decided must be on disk in their order and once, whatever the disk does meanwhile.
#include "daemon/app/bookkeeper.h"

#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "daemon/store/incidents.h"
#include "daemon/store/outbox.h"
#include "daemon/store/state.h"
#include "daemon/store/tickets.h"
#include "tests/unit/daemon_store/support.h"
#include "tests/unit/probes_session/run_probe.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

namespace faultline::app {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using store::Database;
using store::kNoon;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct BookkeeperTest : testing::Test {
  BookkeeperTest() {
    books.set_connectors({"noc", "crm"});
    EXPECT_TRUE(store);
  }
  ~BookkeeperTest() override { store.reset(); }

  void run_until_written() {
    run_until(io, [&] { return books.pending() == 0; });
  }
  void record(Action action) { books.record({std::move(action)}, *topology); }

  IncidentChanged change(IncidentEvent event, IncidentState state, std::uint32_t revision) const {
    IncidentChanged made;
    made.event = event;
    made.reason = "because of revision " + std::to_string(revision);
    made.incident.number = 1;
    made.incident.revision = revision;
    made.incident.state = state;
    made.incident.root = *topology->find_node("agg-7");
    made.incident.severity = Severity::major;
    made.incident.onset = kNoon - 30s;
    made.incident.suspected_at = kNoon;
    if (state != IncidentState::suspected) made.incident.opened_at = kNoon + 10s;
    made.incident.affected = {*topology->find_endpoint("cell-1"), *topology->find_endpoint("cell-2")};
    made.incident.bad = made.incident.affected;
    return made;
  }
  void limit_pages(std::int64_t more) {
    ASSERT_TRUE(store->write_now([=](Database& db) -> Result<void> {
      auto pages = db.number("PRAGMA page_count");
      if (!pages) return tl::make_unexpected(pages.error());
      return db.run("PRAGMA max_page_count=" + std::to_string(*pages + more));
    }));
  }
  std::vector<std::string> event_kinds() {
    store::EventFilter filter;
    filter.oldest_first = true;
    filter.limit = 1000;
    auto events = store::must(store->query_now([&](Database& db) { return store::list_events(db, filter); }));
    std::vector<std::string> kinds;
    for (const auto& event : events) kinds.push_back(event.kind);
    return kinds;
  }

  store::TemporaryDirectory directory;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::shared_ptr<const Topology> topology = store::make_topology(3);
  std::unique_ptr<store::Store> store = store::open_store(
      directory / "a.db", [this](std::function<void()> f) { asio::post(io, std::move(f)); });
  int committed = 0;
  std::vector<std::string> failures, lost;
  Bookkeeper books{io,
                   *store,
                   {[this] { ++committed; }, [this](const std::string& m) { failures.push_back(m); },
                    [this](const std::string& m) { lost.push_back(m); }}};
};

TEST_F(BookkeeperTest, AnIncidentItsEventItsTicketAndWhatIsToldOfItAreOnePiece) {
  record({kNoon + 10s, change(IncidentEvent::opened, IncidentState::open, 1)});
  EXPECT_EQ(books.pending(), 1U);
  run_until_written();
  EXPECT_EQ(committed, 1);
  EXPECT_FALSE(books.in_trouble());
  EXPECT_THAT(event_kinds(), ElementsAre("incident.opened"));
  const auto incident =
      store::must(store->query_now([](Database& db) { return store::find_incident(db, 1); }));
  ASSERT_TRUE(incident);
  EXPECT_EQ(incident->root, "node:agg-7");
  const auto ticket =
      store::must(store->query_now([](Database& db) { return store::find_ticket_of(db, 1); }));
  ASSERT_TRUE(ticket);
  const auto depths = store::must(store->query_now([](Database& db) { return store::outbox_depths(db); }));
  ASSERT_THAT(depths, SizeIs(2)) << "one row a ticket system";
  for (const auto& depth : depths) EXPECT_EQ(depth.unfinished, 1U) << depth.connector;
}

TEST_F(BookkeeperTest, ASuspicionHasNoTicket) {
  record({kNoon, change(IncidentEvent::suspected, IncidentState::suspected, 1)});
  run_until_written();
  EXPECT_THAT(event_kinds(), ElementsAre("incident.suspected"));
  EXPECT_FALSE(store::must(store->query_now([](Database& db) { return store::find_ticket_of(db, 1); })));
}

TEST_F(BookkeeperTest, DegradationsComeAndGo) {
  Degradation degradation;
  degradation.endpoint = *topology->find_endpoint("cell-2");
  degradation.respect = Respect::loss;
  degradation.onset = degradation.confirmed = kNoon;
  degradation.evidence = "12 of 15 packets lost";
  record({kNoon, DegradationChanged{degradation}});
  run_until_written();
  const auto degradations = [&] {
    return store::must(
        store->query_now([](Database& db) { return db.number("SELECT count(*) FROM degradation"); }));
  };
  EXPECT_EQ(degradations(), 1);
  degradation.ended = kNoon + 1min;
  record({kNoon + 1min, DegradationChanged{degradation}});
  run_until_written();
  EXPECT_EQ(degradations(), 0);
  EXPECT_THAT(event_kinds(), ElementsAre("degradation.began", "degradation.ended"));
}

TEST_F(BookkeeperTest, ComplaintsAreAttachedAndDetached) {
  store::StoredComplaint complaint;
  complaint.id = "CRM-1";
  complaint.received = kNoon;
  ASSERT_TRUE(store->write_now([&](Database& db) -> Result<void> {
    if (auto added = store::add_complaint(db, complaint); !added) return tl::make_unexpected(added.error());
    return {};
  }));
  const auto incident_of_it = [&] {
    return store::must(store->query_now([](Database& db) { return store::find_complaint(db, "CRM-1"); }))
        ->incident;
  };
  // An attachment that comes with its incident, as the rules give them.
  books.record({{kNoon, change(IncidentEvent::opened, IncidentState::open, 1)},
                {kNoon, ComplaintAttached{"CRM-1", 1}}},
               *topology);
  run_until_written();
  EXPECT_EQ(incident_of_it(), 1U);
  record({kNoon, ComplaintAttached{"CRM-1", std::nullopt}});
  record({kNoon, ComplaintAttached{"CRM-unknown", 1}});
  run_until_written();
  EXPECT_EQ(incident_of_it(), std::nullopt);
  EXPECT_TRUE(failures.empty()) << "a complaint that is not stored must not stop the books";
}

TEST_F(BookkeeperTest, BurstsAreNotItsBusiness) {
  record({kNoon, BurstRequested{}});
  EXPECT_EQ(books.pending(), 0U);
}

TEST_F(BookkeeperTest, WhatIsDecidedDuringATransactionComesAfterIt) {
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    books.record_event(kNoon, "e." + std::to_string(i), "", "");
    expected.push_back("e." + std::to_string(i));
    if (i % 17 == 0) io.poll();
  }
  run_until_written();
  EXPECT_EQ(event_kinds(), expected);
  EXPECT_LE(committed, 200) << "in groups";
}

TEST_F(BookkeeperTest, AFullDiskDelaysButNeitherLosesNorReordersNorRepeats) {
  limit_pages(4);
  books.record_event(kNoon, "e.big", "", std::string(200'000, 'x'));
  record({kNoon + 10s, change(IncidentEvent::opened, IncidentState::open, 1)});
  run_until(io, [&] { return !failures.empty(); });
  EXPECT_THAT(failures[0], HasSubstr("the disk is full"));
  EXPECT_TRUE(books.in_trouble());
  EXPECT_EQ(committed, 0);
  EXPECT_EQ(books.pending(), 2U);
  record({kNoon + 20s, change(IncidentEvent::updated, IncidentState::open, 2)});
  books.record_event(kNoon, "e.last", "", "");
  EXPECT_TRUE(event_kinds().empty()) << "nothing overtakes";
  limit_pages(1'000'000);
  run_until_written();
  EXPECT_FALSE(books.in_trouble());
  EXPECT_THAT(event_kinds(), ElementsAre("e.big", "incident.opened", "incident.updated", "e.last"));
  EXPECT_THAT(failures, SizeIs(1));
  const auto ticket =
      store::must(store->query_now([](Database& db) { return store::find_ticket_of(db, 1); }));
  ASSERT_TRUE(ticket);
  const auto told =
      store::must(store->query_now([&](Database& db) { return db.number("SELECT count(*) FROM outbox"); }));
  EXPECT_EQ(told, 4) << "create and update, once for each of two ticket systems";
}

// A row that the database will never take must not hold up the rest.
TEST_F(BookkeeperTest, WhatIsRefusedForGoodIsLeftOutAndTold) {
  ASSERT_TRUE(store->write_now([](Database& db) {
    return db.run(
        "CREATE TRIGGER no BEFORE INSERT ON event WHEN new.kind='e.bad' BEGIN SELECT "
        "RAISE(ABORT, 'never'); END");
  }));
  books.record_event(kNoon, "e.first", "", "");
  for (const char* kind : {"e.before", "e.bad", "e.after", "e.bad", "e.end"})
    books.record_event(kNoon, kind, "", "");
  run_until_written();
  EXPECT_THAT(event_kinds(),
              ElementsAre("e.first", "e.before", "e.after", "e.end", "record.lost", "record.lost"));
  EXPECT_THAT(lost, ElementsAre(HasSubstr("never"), HasSubstr("never")));
  EXPECT_THAT(failures, SizeIs(0));
  EXPECT_FALSE(books.in_trouble());
}

TEST_F(BookkeeperTest, PausesGrowWhileTheDiskIsFull) {
  limit_pages(4);
  books.record_event(kNoon, "e.big", "", std::string(200'000, 'x'));
  run_until(io, [&] { return failures.size() == 1; });
  const auto first = std::chrono::steady_clock::now();
  run_until(io, [&] { return failures.size() == 2; });
  const auto second = std::chrono::steady_clock::now();
  EXPECT_GE(second - first, 900ms);
  limit_pages(1'000'000);
  run_until_written();
  EXPECT_GE(std::chrono::steady_clock::now() - second, 1900ms);
}

}  // namespace
}  // namespace faultline::app
