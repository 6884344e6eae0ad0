// What the store says, and what it keeps, when the file or the disk is in trouble.
#include "daemon/store/complaints.h"
#include "daemon/store/schema.h"
#include "tests/unit/daemon_store/support.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

namespace faultline::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

StoredComplaint complaint(int number, std::size_t text_size = 0) {
  StoredComplaint c;
  c.id = "CRM-" + std::to_string(number);
  c.received = kNoon;
  c.text.assign(text_size, 'x');
  return c;
}
Result<void> add(Store& store, int number, std::size_t text_size = 0) {
  return store.write_now([=](Database& db) -> Result<void> {
    if (auto added = add_complaint(db, complaint(number, text_size)); !added)
      return tl::make_unexpected(added.error());
    return {};
  });
}
bool has(Store& store, int number) {
  auto found =
      store.query_now([=](Database& db) { return find_complaint(db, "CRM-" + std::to_string(number)); });
  return found && *found;
}

struct TroubleTest : testing::Test {
  TemporaryDirectory directory;
};

TEST_F(TroubleTest, ASecondDaemonIsRefusedAndToldOfTheFirst) {
  auto first = open_store(directory / "a.db");
  EXPECT_THAT(open_error(directory / "a.db"),
              HasSubstr("another faultline (process " + std::to_string(::getpid()) + ") runs on this file"));
  first.reset();
  EXPECT_TRUE(open_store(directory / "a.db"));
}

TEST_F(TroubleTest, AJobFailsWhileAnotherProgramHoldsTheDatabase) {
  auto store = open_store(directory / "a.db");
  auto other = Database::open(directory / "a.db", OpenMode::read_write);
  ASSERT_TRUE(other->script("BEGIN IMMEDIATE"));
  const auto result = add(*store, 1);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("the database is locked"), HasSubstr("fuser -v")));
  ASSERT_TRUE(other->script("ROLLBACK"));
  EXPECT_TRUE(add(*store, 1)) << "it must go on when the other has let go";
}

TEST_F(TroubleTest, AMissingDirectoryIsNamed) {
  EXPECT_THAT(
      open_error(directory / "no/such/a.db"),
      AllOf(HasSubstr("No such file or directory"), HasSubstr("the directory must exist and be writable")));
}

// Root may write everywhere: step down for these two.
struct AsNobody {
  bool changed = ::geteuid() == 0 && ::seteuid(65534) == 0;
  ~AsNobody() {
    if (changed && ::seteuid(0) != 0) std::abort();
  }
};

TEST_F(TroubleTest, AReadOnlyDirectoryIsNamed) {
  std::filesystem::permissions(directory.path(), std::filesystem::perms{0555});
  {
    const AsNobody nobody;
    EXPECT_THAT(open_error(directory / "a.db"),
                AllOf(HasSubstr("Permission denied"), HasSubstr("must exist and be writable")));
  }
  std::filesystem::permissions(directory.path(), std::filesystem::perms{0755});
}

TEST_F(TroubleTest, AReadOnlyFileIsNamed) {
  ASSERT_TRUE(open_store(directory / "a.db"));
  std::filesystem::permissions(directory / "a.db", std::filesystem::perms{0444});
  std::filesystem::permissions(directory / "a.db.lock", std::filesystem::perms{0666});
  std::filesystem::permissions(directory.path(), std::filesystem::perms{0777});
  const AsNobody nobody;
  EXPECT_THAT(open_error(directory / "a.db"), HasSubstr("the database is read-only"));
}

TEST_F(TroubleTest, AFileThatIsNoDatabaseIsKeptAndTheWayOutIsTold) {
  std::ofstream(directory / "a.db") << std::string(5000, 'z');
  EXPECT_THAT(open_error(directory / "a.db"),
              AllOf(HasSubstr("this is no intact database"), HasSubstr("mv FILE FILE.corrupt"),
                    HasSubstr("faultline backup")));
  EXPECT_EQ(std::filesystem::file_size(directory / "a.db"), 5000U);
}

TEST_F(TroubleTest, DamageInsideTheFileIsFoundAtTheStart) {
  {
    auto store = open_store(directory / "a.db");
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(add(*store, i, 500));
  }
  {
    auto db = Database::open(directory / "a.db", OpenMode::read_write);
    ASSERT_TRUE(db->run("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  const auto size = std::filesystem::file_size(directory / "a.db");
  ASSERT_GT(size, 100'000U);
  {
    std::fstream file(directory / "a.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
    file << std::string(4096, '\xee');
  }
  EXPECT_THAT(open_error(directory / "a.db"), HasSubstr("this is no intact database"));
}

TEST_F(TroubleTest, AFullDatabaseFailsTheJobAndKeepsWhatWasAcknowledged) {
  auto store = open_store(directory / "a.db");
  ASSERT_TRUE(add(*store, 0));
  ASSERT_TRUE(store->write_now([](Database& db) -> Result<void> {
    auto pages = db.number("PRAGMA page_count");
    return db.run("PRAGMA max_page_count=" + std::to_string(*pages + 4));
  }));
  const auto result = add(*store, 1, 100'000);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message,
              AllOf(HasSubstr("the disk is full"), HasSubstr("free some space"), HasSubstr("acknowledged")));
  EXPECT_TRUE(has(*store, 0));
  EXPECT_FALSE(has(*store, 1));
  EXPECT_GE(store->counters().failed_jobs, 1U);
  EXPECT_THAT(store->counters().last_error, HasSubstr("the disk is full"));
  ASSERT_TRUE(store->write_now([](Database& db) { return db.run("PRAGMA max_page_count=100000"); }));
  EXPECT_TRUE(add(*store, 1, 100'000)) << "it must go on when there is space again";
}

// A real full disk: a tmpfs of 1 MB in a mount namespace of this thread.
TEST_F(TroubleTest, AFullDiskFailsJobsUntilThereIsSpaceAgain) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "needs the right to mount a tmpfs";
  {
    auto store = open_store(directory / "a.db");
    std::vector<int> acknowledged;
    Result<void> result;
    for (int i = 0; i < 100 && result; ++i) {
      result = add(*store, i, 20'000);
      if (result) acknowledged.push_back(i);
    }
    ASSERT_FALSE(result) << "1 MB took 2 MB";
    EXPECT_THAT(result.error().message, HasSubstr("the disk is full"));
    ASSERT_FALSE(acknowledged.empty());
    for (int i : acknowledged) EXPECT_TRUE(has(*store, i)) << i;
    ASSERT_EQ(::mount("tmpfs", directory.path().c_str(), "tmpfs", MS_REMOUNT, "size=32m"), 0);
    EXPECT_TRUE(add(*store, 1000, 20'000)) << "it must go on when there is space again";
    store.reset();
    store = open_store(directory / "a.db");
    for (int i : acknowledged) EXPECT_TRUE(has(*store, i)) << i;
    EXPECT_TRUE(has(*store, 1000));
  }
  ::umount(directory.path().c_str());
}

}  // namespace
}  // namespace faultline::store
