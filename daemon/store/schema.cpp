#include "daemon/store/schema.h"

#include "daemon/store/sqlite_error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace faultline::store {
namespace {

constexpr std::int64_t kApplicationId = 0x464c544c;  // "FLTL", in the file's header

Result<void> apply(Database& db, const Migration& step) {
  if (auto begun = db.script("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = db.script(fmt::format("{};PRAGMA user_version={};PRAGMA application_id={};COMMIT", step.sql,
                                    step.to, kApplicationId));
  if (done) return done;
  // The transaction may be gone already (disk full); then this fails, and says nothing new.
  static_cast<void>(db.script("ROLLBACK"));
  return fail(fmt::format("{} (upgrading the schema to version {}; the file is unchanged)",
                          done.error().message, step.to));
}

// Nothing in it yet: not even another program's tables.
Result<bool> is_empty(Database& db) {
  auto tables = db.number("SELECT count(*) FROM sqlite_master");
  if (!tables) return tl::make_unexpected(tables.error());
  return *tables == 0;
}

Result<void> sync_path(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!synced)
    return fail(fmt::format("{}: cannot be synced to the disk: {}", path.string(), std::strerror(error)));
  return {};
}

Result<void> copy_pages(Database& from, Database& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr)
    return tl::make_unexpected(sqlite_error(to.handle(), sqlite3_errcode(to.handle()), to.path(), "copy"));
  const int code = sqlite3_backup_step(backup, -1);  // all in one read transaction: writers go on meanwhile
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return tl::make_unexpected(sqlite_error(nullptr, code, to.path(), "copy"));
  return {};
}

Result<void> copy_to_new_file(Database& from, const std::filesystem::path& file) {
  auto to = Database::open(file, OpenMode::read_write);
  if (!to) return tl::make_unexpected(to.error());
  if (auto copied = copy_pages(from, *to); !copied) return copied;
  return to->run("PRAGMA journal_mode=DELETE");  // one file, without a -wal beside it
}

// An earlier copy may be replaced, but neither the database itself (a daemon would go on writing to a file
// that has no name any more) nor what is no database at all (a mistyped name).
Result<void> may_be_replaced(const std::filesystem::path& from, const std::filesystem::path& to) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::error_code error;
  if (!std::filesystem::exists(to, error)) return {};
  if (std::filesystem::equivalent(from, to, error))
    return fail(fmt::format("{}: is the database itself; give the copy another name", to.string()));
  std::array<char, kMagic.size()> start{};
  std::ifstream file(to, std::ios::binary);
  if (std::filesystem::is_regular_file(to, error)) {
    if (std::filesystem::file_size(to, error) == 0) return {};
    if (file.read(start.data(), start.size()) && std::string_view(start.data(), start.size()) == kMagic)
      return {};
  }
  return fail(
      fmt::format("{}: is there already and is no earlier copy; give the copy another name", to.string()));
}

}  // namespace

int current_version() {
  return migrations().back().to;
}

Result<int> schema_version(Database& db) {
  auto version = db.number("PRAGMA user_version");
  if (!version) return tl::make_unexpected(version.error());
  return static_cast<int>(*version);
}

Result<void> migrate(Database& db, std::span<const Migration> steps) {
  auto empty = is_empty(db);
  if (!empty) return tl::make_unexpected(empty.error());
  auto application = db.number("PRAGMA application_id");
  if (!application) return tl::make_unexpected(application.error());
  if (!*empty && *application != kApplicationId)
    return fail(fmt::format("{}: a database of another program; give another file as store.path",
                            db.path().string()));
  auto version = schema_version(db);
  if (!version) return tl::make_unexpected(version.error());
  if (*version > steps.back().to)
    return fail(fmt::format(
        "{0}: schema version {1} is newer than this faultline knows ({2}); run the newer faultline, "
        "or put back the copy from before the upgrade ({0}.version-{2})",
        db.path().string(), *version, steps.back().to));
  if (!*empty && *version < steps.back().to) {
    std::filesystem::path copy = db.path();
    copy += fmt::format(".version-{}", *version);
    if (auto kept = copy_database(db, copy); !kept) return kept;
  }
  for (const Migration& step : steps)
    if (step.to > *version)
      if (auto applied = apply(db, step); !applied) return applied;
  return {};
}

Result<void> check_integrity(Database& db, std::uintmax_t up_to_bytes) {
  // The first read also tells whether this is a database at all.
  if (auto read = db.number("SELECT count(*) FROM sqlite_master"); !read)
    return tl::make_unexpected(read.error());
  std::error_code error;
  const auto size = std::filesystem::file_size(db.path(), error);
  if (error || size > up_to_bytes) return {};
  auto found = db.first("PRAGMA quick_check(1)", [](const Row& row) { return row.text(0); });
  if (!found) return tl::make_unexpected(found.error());
  if (found->value_or("ok") == "ok") return {};
  Error problem = sqlite_error(nullptr, SQLITE_CORRUPT, db.path(), "quick_check");
  return fail(fmt::format("{} [{}]", problem.message, **found));
}

Result<void> copy_database(Database& from, const std::filesystem::path& to) {
  if (auto free = may_be_replaced(from.path(), to); !free) return free;
  std::filesystem::path partial = to;
  partial += ".part";
  std::error_code error;
  std::filesystem::remove(partial, error);
  auto made = copy_to_new_file(from, partial);
  if (made) made = sync_path(partial);
  if (made) {
    std::filesystem::rename(partial, to, error);
    if (error) made = fail(fmt::format("{}: cannot be written: {}", to.string(), error.message()));
  }
  if (!made) {
    std::filesystem::remove(partial, error);
    return made;
  }
  const auto directory = to.parent_path().empty() ? std::filesystem::path(".") : to.parent_path();
  return sync_path(directory);
}

}  // namespace faultline::store
