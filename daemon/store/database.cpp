#include "daemon/store/database.h"

#include "daemon/store/sqlite_error.h"

#include <sqlite3.h>

#include <utility>

namespace faultline::store {
namespace {

constexpr int kBusyMilliseconds = 2000;

int bind(sqlite3_stmt* statement, int position, const Value& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int position;
    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, position); }
    int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, position, v); }
    int operator()(double v) const { return sqlite3_bind_double(statement, position, v); }
    int operator()(std::string_view v) const {
      const char* data = v.data() != nullptr ? v.data() : "";  // a null pointer would bind NULL
      return sqlite3_bind_text64(statement, position, data, v.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(std::span<const std::byte> v) const {
      if (v.empty()) return sqlite3_bind_zeroblob(statement, position, 0);
      return sqlite3_bind_blob64(statement, position, v.data(), v.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Binder{statement, position}, value);
}

}  // namespace

bool Row::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t Row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double Row::real(int column) const {
  return sqlite3_column_double(statement_, column);
}
std::string_view Row::text_view(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
std::span<const std::byte> Row::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}
std::optional<std::int64_t> Row::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}
std::optional<double> Row::optional_real(int column) const {
  if (is_null(column)) return std::nullopt;
  return real(column);
}
std::optional<std::string> Row::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}
std::optional<Timestamp> Row::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

Result<Database> Database::open(const std::filesystem::path& path, OpenMode mode) {
  sqlite3* handle = nullptr;
  const int flags =
      mode == OpenMode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle, path);  // closes the handle also where opening failed
  if (code != SQLITE_OK) return tl::make_unexpected(sqlite_error(handle, code, path, "open"));
  // SQLite opens a file that it may not write without a word; the first write would be too late to say so.
  if (mode == OpenMode::read_write && sqlite3_db_readonly(handle, "main") == 1)
    return tl::make_unexpected(sqlite_error(nullptr, SQLITE_READONLY, path, "open"));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  // Defensive: no SQL, however it came in, may write to the schema or shadow tables behind SQLite's back.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // recursive_triggers: an INSERT OR REPLACE must not slip past the triggers that keep the events.
  if (auto done = database.script("PRAGMA foreign_keys=ON;PRAGMA recursive_triggers=ON"); !done)
    return tl::make_unexpected(done.error());
  return database;
}

Database::~Database() {
  for (auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      path_(std::move(other.path_)),
      idle_(std::exchange(other.idle_, {})) {}

Result<sqlite3_stmt*> Database::take_statement(std::string_view sql) {
  if (auto found = idle_.find(sql); found != idle_.end()) {
    sqlite3_stmt* statement = found->second;
    idle_.erase(found);
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return tl::make_unexpected(sqlite_error(handle_, code, path_, sql));
  return statement;
}

Result<void> Database::execute(std::string_view sql, std::span<const Value> values,
                               const RowFunction& on_row) {
  auto taken = take_statement(sql);
  if (!taken) return tl::make_unexpected(taken.error());
  // Gives the statement back however this ends: also when on_row throws.
  struct GiveBack {
    Database& database;
    std::string_view sql;
    sqlite3_stmt* statement;
    ~GiveBack() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
      database.idle_.emplace(sql, statement);
    }
  } give_back{*this, sql, *taken};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int code = bind(*taken, static_cast<int>(i + 1), values[i]);
    if (code != SQLITE_OK) return tl::make_unexpected(sqlite_error(handle_, code, path_, sql));
  }
  int code = sqlite3_step(*taken);
  while (code == SQLITE_ROW) {
    if (on_row) on_row(Row(*taken));
    code = sqlite3_step(*taken);
  }
  if (code != SQLITE_DONE) return tl::make_unexpected(sqlite_error(handle_, code, path_, sql));
  return {};
}

Result<void> Database::script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::make_unexpected(sqlite_error(handle_, code, path_, sql));
  return {};
}

std::int64_t Database::changed_rows() const {
  return sqlite3_changes64(handle_);
}
std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}
bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

}  // namespace faultline::store
