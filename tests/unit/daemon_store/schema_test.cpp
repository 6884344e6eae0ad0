#include "daemon/store/schema.h"

#include "daemon/store/alarms.h"
#include "daemon/store/complaints.h"
#include "daemon/store/outbox.h"
#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <sstream>

namespace faultline::store {
namespace {

using testing::HasSubstr;

struct SchemaTest : testing::Test {
  TemporaryDirectory directory;
  Database open() { return std::move(*Database::open(directory / "a.db", OpenMode::read_write)); }
};

constexpr std::array kThreeSteps = {Migration{1, "CREATE TABLE a(x); INSERT INTO a VALUES(1)"},
                                    Migration{2, "ALTER TABLE a ADD COLUMN y DEFAULT 7"},
                                    Migration{3, "CREATE TABLE b AS SELECT x + y AS z FROM a"}};

TEST_F(SchemaTest, MigratesFromEveryVersionToTheLast) {
  for (std::size_t from = 0; from <= 3; ++from) {
    std::filesystem::remove(directory / "a.db");
    Database db = open();
    if (from > 0) {
      ASSERT_TRUE(migrate(db, std::span(kThreeSteps).first(from)));
    }
    const auto migrated = migrate(db, kThreeSteps);
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_EQ(schema_version(db), 3);
    EXPECT_EQ(db.number("SELECT z FROM b"), 8);
  }
}

TEST_F(SchemaTest, KeepsACopyFromBeforeTheUpgrade) {
  Database db = open();
  ASSERT_TRUE(migrate(db, std::span(kThreeSteps).first(1)));
  EXPECT_FALSE(std::filesystem::exists(directory / "a.db.version-0")) << "an empty file needs no copy";
  ASSERT_TRUE(migrate(db, kThreeSteps));
  auto copy = Database::open(directory / "a.db.version-1", OpenMode::read_only);
  ASSERT_TRUE(copy);
  EXPECT_EQ(schema_version(*copy), 1);
}

TEST_F(SchemaTest, AStepThatFailsChangesNothing) {
  Database db = open();
  ASSERT_TRUE(migrate(db, std::span(kThreeSteps).first(1)));
  constexpr std::array kBroken = {kThreeSteps[0], Migration{2, "DELETE FROM a; SELECT no_such_function()"}};
  const auto result = migrate(db, kBroken);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("upgrading the schema to version 2; the file is unchanged"));
  EXPECT_EQ(schema_version(db), 1);
  EXPECT_EQ(db.number("SELECT count(*) FROM a"), 1);
}

TEST_F(SchemaTest, RefusesANewerFile) {
  ASSERT_TRUE(open_store(directory / "a.db"));
  ASSERT_TRUE(open().script("PRAGMA user_version=99"));
  EXPECT_THAT(open_error(directory / "a.db"),
              HasSubstr("schema version 99 is newer than this faultline knows"));
}

TEST_F(SchemaTest, RefusesAnotherProgramsDatabaseAndLeavesItAlone) {
  ASSERT_TRUE(open().script("CREATE TABLE bookmarks(url)"));
  EXPECT_THAT(open_error(directory / "a.db"), HasSubstr("a database of another program"));
  EXPECT_EQ(open().number("SELECT count(*) FROM sqlite_master"), 1);
}

TEST_F(SchemaTest, TheMigrationsAreWithoutAGap) {
  int version = 0;
  for (const Migration& step : migrations()) EXPECT_EQ(step.to, ++version);
  EXPECT_EQ(current_version(), version);
}

// A file as a released version wrote it. A new version adds its own fixture and leaves these.
TEST_F(SchemaTest, ReadsAFileOfVersion1) {
  std::ifstream file(FAULTLINE_SOURCE_DIR "/tests/unit/daemon_store/fixtures/version-1.sql");
  std::stringstream sql;
  sql << file.rdbuf();
  ASSERT_FALSE(sql.str().empty());
  ASSERT_TRUE(open().script(sql.str()));
  auto store = open_store(directory / "a.db");
  ASSERT_TRUE(store);
  const auto complaint = store->query_now([](Database& db) { return find_complaint(db, "CRM-1"); });
  ASSERT_TRUE(complaint && *complaint);
  EXPECT_EQ((*complaint)->symptom, "no_service");
  EXPECT_EQ((*complaint)->incident, 12U);
  const auto outbox = store->query_now([](Database& db) { return outbox_of_ticket(db, "FL-12"); });
  ASSERT_TRUE(outbox);
  ASSERT_EQ(outbox->size(), 1U);
  EXPECT_EQ((*outbox)[0].idempotency_key, "FL-12/1");
  EXPECT_TRUE(must(store->query_now([](Database& db) { return list_alarms(db); })).empty());
}

TEST_F(SchemaTest, ReadsAFileOfVersion2) {
  std::ifstream file(FAULTLINE_SOURCE_DIR "/tests/unit/daemon_store/fixtures/version-2.sql");
  std::stringstream sql;
  sql << file.rdbuf();
  ASSERT_TRUE(open().script(sql.str()));
  auto store = open_store(directory / "a.db");
  ASSERT_TRUE(store);
  const auto alarms = must(store->query_now([](Database& db) { return list_alarms(db); }));
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].source, "alertmanager");
  EXPECT_EQ(alarms[0].id, "a1b2c3d4e5f60718");
  EXPECT_EQ(alarms[0].changed - alarms[0].raised, std::chrono::minutes(1));
  EXPECT_FALSE(alarms[0].cleared);
  EXPECT_EQ(alarms[0].document, R"({"alertname":"SitePower","site":"s-1"})");
}

}  // namespace
}  // namespace faultline::store
