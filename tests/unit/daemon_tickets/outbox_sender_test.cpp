// The outbox with a real store and a connector that answers by a script, on a virtual clock.
#include "daemon/tickets/outbox_sender.h"

#include "daemon/store/events.h"
#include "daemon/store/tickets.h"
#include "daemon/tickets/message.h"
#include "tests/unit/daemon_tickets/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace faultline::tickets {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The other side: keeps what arrived; a key that it has seen has no second effect, as documented for
// receivers.
struct Receiver {
  std::vector<std::string> arrived;  // idempotency keys, repeats too
  std::vector<std::string> effects;  // first arrivals only
  std::set<std::string> seen;
  std::vector<std::string> searches;
  std::vector<RemoteTicket> known;

  void take(const std::string& key) {
    arrived.push_back(key);
    if (seen.insert(key).second) effects.push_back(key);
  }
};

class FakeConnector final : public TicketConnector {
 public:
  using Script =
      std::function<std::optional<DeliveryResult>(const TicketMessage&)>;  // nothing = no answer yet
  FakeConnector(std::string name, Receiver& receiver, Script script, bool searchable = false)
      : name_(std::move(name)), receiver_(receiver), script_(std::move(script)), searchable_(searchable) {}

  const std::string& name() const override { return name_; }
  bool can_search() const override { return searchable_; }
  void find(std::string key, FindCallback callback) override {
    receiver_.searches.push_back(key);
    callback({{Delivery::done, {}, std::nullopt, {}}, receiver_.known});
  }
  void create(TicketMessage m, DeliveryCallback c) override { tell("create", std::move(m), std::move(c)); }
  void update(TicketMessage m, DeliveryCallback c) override { tell("update", std::move(m), std::move(c)); }
  void comment(TicketMessage m, DeliveryCallback c) override { tell("comment", std::move(m), std::move(c)); }
  void resolve(TicketMessage m, DeliveryCallback c) override { tell("resolve", std::move(m), std::move(c)); }
  void changed_since(Timestamp, FindCallback c) override { find("", std::move(c)); }
  void self_check(DeliveryCallback c) override { c({Delivery::done, {}, std::nullopt, {}}); }
  void stop() override { open_.clear(); }

  std::vector<std::string> operations;
  std::vector<DeliveryCallback> open_;

 private:
  void tell(const char* operation, TicketMessage message, DeliveryCallback callback) {
    operations.push_back(operation);
    auto answer = script_(message);
    if (!answer || answer->outcome == Delivery::done || answer->outcome == Delivery::unknown)
      receiver_.take(message.idempotency_key);
    if (answer)
      callback(*answer);
    else
      open_.push_back(std::move(callback));
  }
  std::string name_;
  Receiver& receiver_;
  Script script_;
  bool searchable_;
};

DeliveryResult result(Delivery d, std::string reason = "scripted") {
  return {d, std::move(reason), std::nullopt, {}};
}

class Sender : public testing::Test {
 protected:
  void start() {
    if (!events_.store_trouble)
      events_.store_trouble = [](std::string_view reason) { ADD_FAILURE() << reason; };
    store::StoreOptions options;
    options.path = directory_ / "out.db";
    options.post = loop_.poster();
    options.readers = readers_;
    auto opened = store::Store::open(std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    sender_ = std::make_unique<OutboxSender>(
        *store_, Outbox({}, 1), [this] { return now_; }, events_);
  }
  // What a kill leaves: the file as it is. Nothing that was under way is finished or written.
  void kill() {
    sender_.reset();
    store_.reset();
    while (loop_.waiting() > 0) loop_.run_one();
    start();
  }
  FakeConnector* connect(FakeConnector::Script script, bool searchable = false, std::string name = "noc") {
    auto connector =
        std::make_unique<FakeConnector>(std::move(name), receiver_, std::move(script), searchable);
    FakeConnector* raw = connector.get();
    std::vector<std::unique_ptr<TicketConnector>> all;
    all.push_back(std::move(connector));
    sender_->set_connectors(std::move(all));
    settle();
    return raw;
  }
  void write(const std::string& key, int telling, Operation operation = Operation::update,
             const std::string& connector = "noc") {
    const TicketMessage message{key,   key + "/" + std::to_string(telling), "updated", now_, R"({"id":"x"})",
                                "note"};
    ASSERT_TRUE(store_->write_now([&](store::Database& db) -> Result<void> {
      auto row = store::append_outbox(db, to_outbox_row(connector, operation, message));
      if (!row) return tl::make_unexpected(row.error());
      return {};
    }));
  }
  // Runs the main loop until nothing is under way: a round through both queues of the store in which nobody
  // but the round itself posted.
  void settle() {
    int posted = 0;
    do {
      posted = 0;
      bool reached = false;
      store_->write([](store::Database&) -> Result<void> { return {}; },
                    [&](const Result<void>&) {
                      store_->read([](store::Database&) -> Result<void> { return {}; },
                                   [&](const Result<void>&) { reached = true; });
                    });
      for (; !reached; ++posted) loop_.run_one();
    } while (posted > 2);
  }
  void pump(Duration later = {}) {
    now_ += later;
    sender_->pump();
    settle();
  }
  std::vector<store::OutboxRow> rows(const std::string& key) {
    return *store_->query_now([&](store::Database& db) { return store::outbox_of_ticket(db, key); });
  }

  std::size_t unfinished() {
    std::size_t count = 0;
    const auto depths = store_->query_now([](store::Database& db) { return store::outbox_depths(db); });
    for (const store::OutboxDepth& depth : *depths) count += depth.unfinished;
    return count;
  }

  store::TemporaryDirectory directory_;
  store::ManualLoop loop_;
  unsigned readers_ = 1;  // answers come in the order of the questions: settle() goes by that
  Receiver receiver_;
  Timestamp now_ = kStart;
  SenderEvents events_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<OutboxSender> sender_;
};

TEST_F(Sender, DeliversEveryTicketsRowsInOrder) {
  start();
  connect([](const TicketMessage&) { return result(Delivery::done); });
  for (int i = 1; i <= 4; ++i) {
    write("FL-1", i, i == 1 ? Operation::create : Operation::update);
    write("FL-2", i);
  }
  pump();
  std::vector<std::string> of_one;
  for (const auto& key : receiver_.arrived)
    if (key.starts_with("FL-1/")) of_one.push_back(key);
  EXPECT_THAT(of_one, ElementsAre("FL-1/1", "FL-1/2", "FL-1/3", "FL-1/4"));
  EXPECT_EQ(receiver_.arrived.size(), 8U);
  EXPECT_EQ(sender_->counters().find("noc")->second.delivered, 8U);
  for (const auto& row : rows("FL-1")) EXPECT_EQ(row.state, store::OutboxState::delivered);
}

TEST_F(Sender, ALaterRowWaitsForTheEarlierOneToSucceed) {
  start();
  bool is_down = true;
  connect([&](const TicketMessage& m) {
    return result(is_down && m.key == "FL-1" ? Delivery::retry_later : Delivery::done);
  });
  write("FL-1", 1);
  write("FL-1", 2);
  write("FL-2", 1);
  pump();
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-2/1")) << "another ticket is not held up";
  is_down = false;
  pump();
  EXPECT_EQ(receiver_.arrived.size(), 1U) << "the wait is not over";
  pump(std::chrono::seconds(2));
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-2/1", "FL-1/1", "FL-1/2"));
}

TEST_F(Sender, ParksARejectedRowVisiblyAndGoesOn) {
  std::string seen;
  events_.rejected = [&](const store::OutboxRow& row) { seen = row.last_error; };
  start();
  connect([](const TicketMessage& m) {
    return result(m.idempotency_key == "FL-1/1" ? Delivery::rejected : Delivery::done, "HTTP 400 from noc");
  });
  write("FL-1", 1);
  write("FL-1", 2);
  pump();
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-1/2"));
  EXPECT_EQ(seen, "HTTP 400 from noc");
  const auto kept = rows("FL-1");
  EXPECT_EQ(kept[0].state, store::OutboxState::rejected);
  EXPECT_EQ(kept[0].last_error, "HTTP 400 from noc");
  const auto depths = *store_->query_now([](store::Database& db) { return store::outbox_depths(db); });
  ASSERT_EQ(depths.size(), 1U);
  EXPECT_EQ(depths[0].rejected, 1U);
  EXPECT_EQ(depths[0].unfinished, 0U);
  const auto events = *store_->query_now([](store::Database& db) { return store::list_events(db, {}); });
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].kind, "ticket.rejected");
}

TEST_F(Sender, RejectsARowThatCannotBeReadInsteadOfStickingAtIt) {
  start();
  connect([](const TicketMessage&) { return result(Delivery::done); });
  ASSERT_TRUE(store_->write_now([&](store::Database& db) -> Result<void> {
    store::OutboxRow row;
    row.connector = "noc";
    row.ticket_key = "FL-1";
    row.idempotency_key = "x";
    row.payload = "not json";
    auto appended = store::append_outbox(db, row);
    if (!appended) return tl::make_unexpected(appended.error());
    return {};
  }));
  pump();
  EXPECT_EQ(rows("FL-1")[0].state, store::OutboxState::rejected);
}

TEST_F(Sender, RepeatsAnUnknownOutcomeWithTheSameKey) {
  start();
  int calls = 0;
  connect([&](const TicketMessage&) { return result(++calls == 1 ? Delivery::unknown : Delivery::done); });
  write("FL-1", 1);
  pump();
  EXPECT_EQ(rows("FL-1")[0].state, store::OutboxState::uncertain);
  pump(minutes(1));
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-1/1", "FL-1/1"));
  EXPECT_THAT(receiver_.effects, ElementsAre("FL-1/1"));
}

TEST_F(Sender, SearchesBeforeItRepeatsACreateOfUnknownOutcome) {
  start();
  FakeConnector* connector = connect([&](const TicketMessage&) { return result(Delivery::unknown); }, true);
  write("FL-1", 1, Operation::create);
  pump();
  receiver_.known = {{"FL-1", "remote-9", "new", now_}};
  pump(minutes(1));
  EXPECT_THAT(receiver_.searches, ElementsAre("FL-1"));
  EXPECT_THAT(connector->operations, ElementsAre("create")) << "it was there: no second create";
  EXPECT_EQ(rows("FL-1")[0].state, store::OutboxState::delivered);
  const auto link =
      *store_->query_now([](store::Database& db) { return store::find_ticket_link(db, "noc", "FL-1"); });
  ASSERT_TRUE(link);
  EXPECT_EQ(link->external_id, "remote-9");
}

TEST_F(Sender, CreatesAfterASearchThatFindsNothing) {
  start();
  int calls = 0;
  FakeConnector* connector = connect(
      [&](const TicketMessage&) { return result(++calls == 1 ? Delivery::unknown : Delivery::done); }, true);
  write("FL-1", 1, Operation::create);
  pump();
  pump(minutes(1));
  EXPECT_THAT(connector->operations, ElementsAre("create", "create"));
  EXPECT_EQ(rows("FL-1")[0].state, store::OutboxState::delivered);
}

TEST_F(Sender, SendsAgainWithTheSameKeyAfterAKillDuringDelivery) {
  start();
  connect([](const TicketMessage&) -> std::optional<DeliveryResult> {
    return std::nullopt;
  });  // arrived, unanswered
  write("FL-1", 1);
  write("FL-1", 2);
  pump();
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-1/1"));
  kill();
  connect([](const TicketMessage&) { return result(Delivery::done); });
  pump();
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-1/1", "FL-1/1", "FL-1/2"));
  EXPECT_THAT(receiver_.effects, ElementsAre("FL-1/1", "FL-1/2"));
}

TEST_F(Sender, SurvivesKillsAtAnyMomentWithNothingLostAndNothingOutOfOrder) {
  std::mt19937 random(20'261'124);
  readers_ = 2;  // as the daemon has it: answers overtake each other
  start();
  const auto coin = [&](unsigned percent) { return random() % 100 < percent; };
  const FakeConnector::Script script = [&](const TicketMessage&) -> std::optional<DeliveryResult> {
    if (coin(20)) return std::nullopt;
    if (coin(20)) return result(Delivery::retry_later);
    if (coin(20)) return result(Delivery::unknown);
    return result(Delivery::done);
  };
  connect(script);
  int written = 0;
  for (int step = 0; step < 80; ++step) {
    if (written < 40 && coin(60)) {
      ++written;
      write("FL-" + std::to_string(written % 3), written);
    }
    now_ += std::chrono::seconds(random() % 90);
    sender_->pump();
    for (int i = static_cast<int>(random() % 12); i > 0 && loop_.waiting() > 0; --i) loop_.run_one();
    if (coin(25)) {
      kill();
      connect(script);
    }
  }
  kill();
  connect([](const TicketMessage&) { return result(Delivery::done); });
  for (int i = 0; i < 500 && unfinished() > 0; ++i) pump(minutes(5));
  EXPECT_EQ(unfinished(), 0U);
  EXPECT_EQ(receiver_.effects.size(), static_cast<std::size_t>(written)) << "nothing lost, nothing doubled";
  std::map<std::string, int> last;
  for (const std::string& key : receiver_.effects) {
    const std::size_t slash = key.find('/');
    const int telling = std::stoi(key.substr(slash + 1));
    EXPECT_GT(telling, last[key.substr(0, slash)]) << key << " overtook its successor";
    last[key.substr(0, slash)] = telling;
  }
  // Repeats may only be of the row that was in doubt, never of one whose successor was sent already.
  std::map<std::string, int> highest;
  for (const std::string& key : receiver_.arrived) {
    const std::size_t slash = key.find('/');
    const int telling = std::stoi(key.substr(slash + 1));
    int& known = highest[key.substr(0, slash)];
    EXPECT_GE(telling, known) << key << " came after a later one";
    known = std::max(known, telling);
  }
}

TEST_F(Sender, WritesAgainInsteadOfSendingAgainWhenTheStoreFails) {
  int troubles = 0;
  events_.store_trouble = [&](std::string_view) { ++troubles; };
  start();
  connect([](const TicketMessage&) { return result(Delivery::done); });
  const auto script = [&](const char* sql) {
    ASSERT_TRUE(store_->write_now([&](store::Database& db) { return db.script(sql); }));
  };
  script("CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  write("FL-1", 1);
  write("FL-1", 2);
  pump();
  pump();
  EXPECT_EQ(troubles, 2);
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-1/1")) << "not sent again, and its successor waits";
  script("DROP TRIGGER full");
  pump();
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-1/1", "FL-1/2"));
  EXPECT_EQ(unfinished(), 0U);
}

TEST_F(Sender, SendsWhatWasUnderWayAgainAfterAReloadOfItsConnector) {
  start();
  connect([](const TicketMessage&) -> std::optional<DeliveryResult> { return std::nullopt; });
  write("FL-1", 1);
  pump();
  connect([](const TicketMessage&) { return result(Delivery::done); });
  pump(minutes(1));
  EXPECT_THAT(receiver_.arrived, ElementsAre("FL-1/1", "FL-1/1"));
  EXPECT_EQ(rows("FL-1")[0].state, store::OutboxState::delivered);
}

TEST_F(Sender, LeavesRowsOfAnUnknownConnectorWaiting) {
  start();
  connect([](const TicketMessage&) { return result(Delivery::done); });
  write("FL-1", 1, Operation::create, "gone");
  pump(minutes(10));
  EXPECT_THAT(receiver_.arrived, IsEmpty());
  EXPECT_EQ(rows("FL-1")[0].state, store::OutboxState::pending);
}

TEST_F(Sender, TellsOfTroubleAtItsBeginningAndItsEndOnly) {
  std::vector<std::string> log;
  events_.trouble_began = [&](std::string_view, std::string_view reason) { log.emplace_back(reason); };
  events_.trouble_ended = [&](std::string_view) { log.emplace_back("works again"); };
  start();
  bool is_down = true;
  connect([&](const TicketMessage&) {
    return result(is_down ? Delivery::retry_later : Delivery::done, "HTTP 503");
  });
  write("FL-1", 1);
  for (int i = 0; i < 5; ++i) pump(minutes(5));
  is_down = false;
  for (int i = 0; i < 3; ++i) pump(minutes(5));
  EXPECT_THAT(log, ElementsAre("HTTP 503", "works again"));
  EXPECT_EQ(rows("FL-1")[0].attempts, 6U);
}

}  // namespace
}  // namespace faultline::tickets
