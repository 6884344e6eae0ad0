#include "daemon/store/database.h"

#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>

#include <limits>
#include <stdexcept>

namespace faultline::store {
namespace {

using testing::HasSubstr;

struct DatabaseTest : testing::Test {
  TemporaryDirectory directory;
  Database db = std::move(*Database::open(directory / "a.db", OpenMode::read_write));
};

TEST_F(DatabaseTest, GivesEveryTypeBackAsItWasBound) {
  ASSERT_TRUE(db.script("CREATE TABLE t(a, b, c, d, e, f, g)"));
  const std::vector<std::byte> blob{std::byte{0}, std::byte{255}};
  const std::string text("nul \0 inside", 12);
  ASSERT_TRUE(db.run("INSERT INTO t VALUES(?,?,?,?,?,?,?)", std::numeric_limits<std::uint64_t>::max(), -1.5,
                     text, std::span<const std::byte>(blob), kNoon, std::optional<std::int64_t>(), true));
  int rows = 0;
  ASSERT_TRUE(db.each("SELECT * FROM t", [&](const Row& row) {
    ++rows;
    EXPECT_EQ(row.unsigned_integer(0), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(row.real(1), -1.5);
    EXPECT_EQ(row.text(2), text);
    EXPECT_EQ(row.blob(3).size(), 2U);
    EXPECT_EQ(row.blob(3)[1], std::byte{255});
    EXPECT_EQ(row.time(4), kNoon);
    EXPECT_FALSE(row.optional_integer(5));
    EXPECT_FALSE(row.optional_text(5));
    EXPECT_EQ(row.integer(6), 1);
  }));
  EXPECT_EQ(rows, 1);
}

TEST_F(DatabaseTest, AnEmptyTextIsNotNull) {
  ASSERT_TRUE(db.script("CREATE TABLE t(a TEXT NOT NULL)"));
  EXPECT_TRUE(db.run("INSERT INTO t VALUES(?)", std::string_view()));
}

TEST_F(DatabaseTest, AQueryMayRunInsideItself) {
  ASSERT_TRUE(db.script("CREATE TABLE t(a); INSERT INTO t VALUES(1),(2)"));
  int seen = 0;
  const auto sql = "SELECT a FROM t WHERE a >= ?";
  ASSERT_TRUE(db.each(
      sql,
      [&](const Row& outer) {
        ASSERT_TRUE(db.each(
            sql, [&](const Row&) { ++seen; }, outer.integer(0)));
      },
      0));
  EXPECT_EQ(seen, 2 + 1);
}

TEST_F(DatabaseTest, AStatementIsFitForUseAfterACallbackThrew) {
  ASSERT_TRUE(db.script("CREATE TABLE t(a); INSERT INTO t VALUES(1),(2)"));
  const auto thrower = [](const Row&) { throw std::runtime_error("stop"); };
  EXPECT_THROW(static_cast<void>(db.each("SELECT a FROM t", thrower)), std::runtime_error);
  EXPECT_TRUE(db.script("DROP TABLE t")) << "a statement that is not reset would hold the table";
}

TEST_F(DatabaseTest, AnErrorNamesTheFileTheStatementAndTheReason) {
  const auto result = db.run("SELECT * FROM nowhere");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("a.db: "));
  EXPECT_THAT(result.error().message, HasSubstr("no such table: nowhere"));
  EXPECT_THAT(result.error().message, HasSubstr("SELECT * FROM nowhere"));
}

TEST_F(DatabaseTest, AReadOnlyConnectionCannotWrite) {
  ASSERT_TRUE(db.script("CREATE TABLE t(a)"));
  auto reader = Database::open(directory / "a.db", OpenMode::read_only);
  ASSERT_TRUE(reader);
  const auto result = reader->run("INSERT INTO t VALUES(1)");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("the database is read-only"));
}

}  // namespace
}  // namespace faultline::store
