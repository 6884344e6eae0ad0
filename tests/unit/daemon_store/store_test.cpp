#include "daemon/store/store.h"

#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>

namespace faultline::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<void> put(Database& db, const std::string& key, int value) {
  return db.run("INSERT INTO meta(key, value) VALUES(?, ?)", key, value);
}
Result<std::int64_t> count_keys(Database& db, const std::string& like) {
  return db.number("SELECT count(*) FROM meta WHERE key LIKE ?", like);
}

// Holds the writer inside a job, so that the jobs after it gather into one group.
struct Gate {
  std::promise<void> entered, opened;
  void close(Store& store) {
    store.write([this](Database&) -> Result<void> {
      entered.set_value();
      opened.get_future().wait();
      return {};
    });
    entered.get_future().wait();
  }
};

struct StoreTest : testing::Test {
  TemporaryDirectory directory;
  ManualLoop loop;
};

TEST_F(StoreTest, SaysDoneThroughThePosterAndOnlyAfterTheCommit) {
  auto store = open_store(directory / "a.db", loop.poster());
  bool done = false;
  store->write([](Database& db) { return put(db, "x", 1); },
               [&](Result<void> result) {
                 EXPECT_TRUE(result);
                 auto other = Database::open(directory / "a.db", OpenMode::read_only);
                 EXPECT_EQ(count_keys(*other, "x"), 1) << "said done before it was committed";
                 done = true;
               });
  loop.run_until([&] { return done; });
}

TEST_F(StoreTest, CommitsWhatHasGatheredAtOnce) {
  auto store = open_store(directory / "a.db", loop.poster());
  Gate gate;
  gate.close(*store);
  int done = 0;
  for (int i = 0; i < 200; ++i)
    store->write([i](Database& db) { return put(db, "k" + std::to_string(i), i); },
                 [&](Result<void>) { ++done; });
  gate.opened.set_value();
  loop.run_until([&] { return done == 200; });
  EXPECT_EQ(store->counters().commits, 2U);
  EXPECT_EQ(store->counters().jobs, 201U);
}

TEST_F(StoreTest, AFailingJobLeavesNothingBehindAndHarmsNoOther) {
  auto store = open_store(directory / "a.db", loop.poster());
  Gate gate;
  gate.close(*store);
  std::vector<std::string> answers;
  const auto note = [&](Result<void> r) { answers.push_back(r ? "ok" : r.error().message); };
  store->write([](Database& db) { return put(db, "good-1", 1); }, note);
  store->write(
      [](Database& db) -> Result<void> {
        if (auto half = put(db, "half", 1); !half) return half;
        return fail("no luck");
      },
      note);
  store->write(
      [](Database& db) -> Result<void> {
        static_cast<void>(put(db, "thrown", 1));
        throw std::runtime_error("thrown");
      },
      note);
  store->write([](Database& db) { return put(db, "good-2", 2); }, note);
  gate.opened.set_value();
  loop.run_until([&] { return answers.size() == 4; });
  EXPECT_THAT(answers, ElementsAre("ok", "no luck", HasSubstr("a job of the store failed: thrown"), "ok"));
  EXPECT_EQ(store->query_now([](Database& db) { return count_keys(db, "good-%"); }), 2);
  EXPECT_EQ(store->query_now([](Database& db) { return count_keys(db, "half"); }), 0);
  EXPECT_EQ(store->query_now([](Database& db) { return count_keys(db, "thrown"); }), 0);
  EXPECT_EQ(store->counters().commits, 2U) << "the group was to be one commit";
  EXPECT_EQ(store->counters().failed_jobs, 2U);
}

TEST_F(StoreTest, WhenTheTransactionIsLostAllOfItsJobsFailAndTheNextGoOn) {
  auto store = open_store(directory / "a.db", loop.poster());
  Gate gate;
  gate.close(*store);
  std::vector<std::string> answers;
  const auto note = [&](Result<void> r) { answers.push_back(r ? "ok" : "failed"); };
  store->write([](Database& db) { return put(db, "before", 1); }, note);
  // As SQLite does by itself on a full disk.
  store->write(
      [](Database& db) -> Result<void> {
        static_cast<void>(db.script("ROLLBACK"));
        return fail("lost");
      },
      note);
  store->write([](Database& db) { return put(db, "after", 1); }, note);
  gate.opened.set_value();
  loop.run_until([&] { return answers.size() == 3; });
  EXPECT_THAT(answers, ElementsAre("failed", "failed", "ok"));
  EXPECT_EQ(store->query_now([](Database& db) { return count_keys(db, "before"); }), 0);
  EXPECT_EQ(store->query_now([](Database& db) { return count_keys(db, "after"); }), 1);
}

TEST_F(StoreTest, JobsRunInTheirOrder) {
  auto store = open_store(directory / "a.db", loop.poster());
  std::vector<int> order, answered;
  for (int i = 0; i < 50; ++i)
    store->write(
        [&order, i](Database&) -> Result<void> {
          order.push_back(i);
          return {};
        },
        [&answered, i](Result<void>) { answered.push_back(i); });
  loop.run_until([&] { return answered.size() == 50; });
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_TRUE(std::ranges::is_sorted(answered));
}

TEST_F(StoreTest, RefusesOneJobTooMany) {
  StoreOptions options;
  options.path = directory / "a.db";
  options.post = loop.poster();
  options.queue_limit = 2;
  Gate gate;  // outlives the store, which may still hold its job at the end
  auto store = *Store::open(std::move(options));
  gate.close(*store);
  const auto nothing = [](Database&) -> Result<void> { return {}; };
  store->write(nothing);
  store->write(nothing);
  std::string answer;
  store->write(nothing, [&](Result<void> r) { answer = r ? "ok" : r.error().message; });
  loop.run_one();
  EXPECT_THAT(answer, HasSubstr("the store is overloaded"));
  gate.opened.set_value();
}

TEST_F(StoreTest, FinishesWhatIsQueuedBeforeItCloses) {
  {
    auto store = open_store(directory / "a.db", loop.poster());
    for (int i = 0; i < 500; ++i)
      store->write([i](Database& db) { return put(db, "k" + std::to_string(i), i); });
  }
  auto store = open_store(directory / "a.db");
  EXPECT_EQ(store->query_now([](Database& db) { return count_keys(db, "k%"); }), 500);
}

TEST_F(StoreTest, AReadSeesOneStateOfTheDatabase) {
  auto store = open_store(directory / "a.db");
  auto answer = store->query_now([&](Database& db) -> Result<std::int64_t> {
    auto before = count_keys(db, "new%");
    EXPECT_EQ(before, 0);
    EXPECT_TRUE(store->write_now([](Database& w) { return put(w, "new", 1); }));
    return count_keys(db, "new%");
  });
  EXPECT_EQ(answer, 0);
  EXPECT_EQ(store->query_now([](Database& db) { return count_keys(db, "new%"); }), 1);
}

TEST_F(StoreTest, AReadCannotWrite) {
  auto store = open_store(directory / "a.db");
  const auto result = store->read_now([](Database& db) { return put(db, "x", 1); });
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("read-only"));
}

TEST_F(StoreTest, AQueryGivesItsAnswerThroughThePoster) {
  auto store = open_store(directory / "a.db", loop.poster());
  std::string got;
  store->query([](Database&) -> Result<std::string> { return "answer"; },
               [&](Result<std::string> answer) { got = *answer; });
  loop.run_until([&] { return !got.empty(); });
  EXPECT_EQ(got, "answer");
  store->query([](Database&) -> Result<std::string> { return fail("not there"); },
               [&](Result<std::string> answer) { got = answer.error().message; });
  loop.run_until([&] { return got != "answer"; });
  EXPECT_EQ(got, "not there");
}

TEST_F(StoreTest, TheCustomerKeyIsRandomAndStays) {
  auto first = open_store(directory / "a.db");
  const auto key = first->customer_key();
  const auto other = open_store(directory / "b.db");
  EXPECT_NE(key, other->customer_key());
  first.reset();
  EXPECT_EQ(open_store(directory / "a.db")->customer_key(), key);
}

TEST_F(StoreTest, BacksUpWhileItIsWrittenTo) {
  auto store = open_store(directory / "a.db", loop.poster());
  ASSERT_TRUE(store->write_now([](Database& db) { return put(db, "before", 1); }));
  bool done = false;
  store->backup(directory / "copy.db", [&](Result<void> result) {
    EXPECT_TRUE(result) << result.error().message;
    done = true;
  });
  for (int i = 0; i < 100; ++i)
    store->write([i](Database& db) { return put(db, "k" + std::to_string(i), i); });
  loop.run_until([&] { return done; });
  EXPECT_FALSE(std::filesystem::exists(directory / "copy.db.part"));
  EXPECT_FALSE(std::filesystem::exists(directory / "copy.db-wal"));
  auto copy = open_store(directory / "copy.db");
  EXPECT_EQ(copy->query_now([](Database& db) { return count_keys(db, "before"); }), 1);
}

TEST_F(StoreTest, ABackupFromAnotherProcessNeedsNoStore) {
  auto store = open_store(directory / "a.db");
  ASSERT_TRUE(store->write_now([](Database& db) { return put(db, "before", 1); }));
  const auto copied = backup_file(directory / "a.db", directory / "copy.db");
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(open_store(directory / "copy.db")->customer_key(), store->customer_key());
  EXPECT_THAT(backup_file(directory / "none.db", directory / "c.db").error().message,
              HasSubstr("cannot open the file"));
}

TEST_F(StoreTest, ABackupReplacesNeitherTheDatabaseNorAnotherProgramsFile) {
  const auto store = open_store(directory / "a.db");
  EXPECT_THAT(backup_file(directory / "a.db", directory / "a.db").error().message,
              HasSubstr("is the database itself"));
  std::filesystem::create_symlink(directory / "a.db", directory / "link.db");
  EXPECT_THAT(backup_file(directory / "a.db", directory / "link.db").error().message,
              HasSubstr("is the database itself"));
  std::ofstream(directory / "faultline.yaml") << "listen: 127.0.0.1:9464\n";
  EXPECT_THAT(backup_file(directory / "a.db", directory / "faultline.yaml").error().message,
              HasSubstr("is no earlier copy"));
  EXPECT_EQ(std::filesystem::file_size(directory / "faultline.yaml"), 23U);
}

TEST_F(StoreTest, AFailedBackupLeavesTheOldOne) {
  auto store = open_store(directory / "a.db");
  ASSERT_TRUE(backup_file(directory / "a.db", directory / "copy.db"));
  std::filesystem::create_directory(directory / "copy.db.part");
  std::filesystem::create_directory(directory / "copy.db.part/in-the-way");
  EXPECT_FALSE(backup_file(directory / "a.db", directory / "copy.db"));
  EXPECT_TRUE(open_store(directory / "copy.db"));
}

}  // namespace
}  // namespace faultline::store
