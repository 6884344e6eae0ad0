// A thin RAII wrapper of one SQLite connection: cached prepared statements, typed parameters and columns, and
// errors as Result<> with SQLite's own words and what to do about them. Jobs given to Store get one of these.
// One thread at a time. Nothing outside daemon/store includes sqlite3.h.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

struct sqlite3;
struct sqlite3_stmt;

namespace faultline::store {

// A parameter. Texts and blobs are borrowed: they must outlive the call they are given to.
using Value =
    std::variant<std::nullptr_t, std::int64_t, double, std::string_view, std::span<const std::byte>>;

// What is bound for each C++ type: times as microseconds since 1970, flags as 0 and 1, an unsigned 64-bit
// number as the signed one with the same bits (Row::unsigned_integer turns it back).
inline Value to_value(std::nullptr_t) {
  return nullptr;
}
inline Value to_value(std::nullopt_t) {
  return nullptr;
}
template <std::integral T>
Value to_value(T v) {
  return static_cast<std::int64_t>(v);
}
template <std::floating_point T>
Value to_value(T v) {
  return static_cast<double>(v);
}
inline Value to_value(std::string_view v) {
  return v;
}
inline Value to_value(const std::string& v) {
  return std::string_view(v);
}
inline Value to_value(const char* v) {
  return std::string_view(v);
}
inline Value to_value(std::span<const std::byte> v) {
  return v;
}
inline Value to_value(Timestamp v) {
  return static_cast<std::int64_t>(v.time_since_epoch().count());
}
template <typename T>
Value to_value(const std::optional<T>& v) {
  if (!v) return nullptr;
  return to_value(*v);
}

// One row of an answer, valid during the callback only. Columns count from 0. A NULL reads as 0, "" or an
// empty blob; use the optional forms where that matters.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::uint64_t unsigned_integer(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  double real(int column) const;
  std::string text(int column) const { return std::string(text_view(column)); }
  std::string_view text_view(int column) const;
  std::span<const std::byte> blob(int column) const;
  Timestamp time(int column) const { return Timestamp(Duration(integer(column))); }
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<double> optional_real(int column) const;
  std::optional<std::string> optional_text(int column) const;
  std::optional<Timestamp> optional_time(int column) const;

 private:
  sqlite3_stmt* statement_;
};

enum class OpenMode : std::uint8_t { read_write, read_only };

class Database {
 public:
  // read_write makes a file that is not there (its directory must be). Both modes set foreign_keys and a busy
  // time-out; neither looks at the schema (see schema.h).
  static Result<Database> open(const std::filesystem::path& path, OpenMode mode);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  // Runs one statement with its parameters (?1, ?2, …); rows that it answers are left out.
  template <typename... Args>
  Result<void> run(std::string_view sql, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{to_value(args)...};
    return execute(sql, values, {});
  }
  // Calls fn(const Row&) for every row. fn may call other statements of this database.
  template <typename Fn, typename... Args>
  Result<void> each(std::string_view sql, Fn&& fn, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{to_value(args)...};
    return execute(sql, values, std::ref(fn));
  }
  // fn(const Row&) of the first row, or nothing if there is none.
  template <typename Fn, typename... Args>
  auto first(std::string_view sql, Fn&& fn, const Args&... args)
      -> Result<std::optional<decltype(fn(std::declval<const Row&>()))>> {
    std::optional<decltype(fn(std::declval<const Row&>()))> found;
    auto keep_first = [&](const Row& row) {
      if (!found) found.emplace(fn(row));
    };
    const std::array<Value, sizeof...(Args)> values{to_value(args)...};
    if (auto done = execute(sql, values, keep_first); !done) return tl::make_unexpected(done.error());
    return found;
  }
  // A count or other single number; 0 if there is no row.
  template <typename... Args>
  Result<std::int64_t> number(std::string_view sql, const Args&... args) {
    auto found = first(
        sql, [](const Row& row) { return row.integer(0); }, args...);
    if (!found) return tl::make_unexpected(found.error());
    return found->value_or(0);
  }
  // For statements that are put together at run time.
  Result<void> each_with(std::string_view sql, std::span<const Value> values,
                         const std::function<void(const Row&)>& fn) {
    return execute(sql, values, fn);
  }
  // Several statements without parameters, separated by semicolons; not cached.
  Result<void> script(const std::string& sql);

  std::int64_t changed_rows() const;    // by the last INSERT, UPDATE or DELETE
  std::int64_t last_insert_id() const;  // rowid of the last INSERT
  bool in_transaction() const;
  const std::filesystem::path& path() const { return path_; }
  sqlite3* handle() { return handle_; }  // for daemon/store only

 private:
  using RowFunction = std::function<void(const Row&)>;
  Database(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}
  Result<void> execute(std::string_view sql, std::span<const Value> values, const RowFunction& on_row);
  Result<sqlite3_stmt*> take_statement(std::string_view sql);

  sqlite3* handle_ = nullptr;
  std::filesystem::path path_;
  std::multimap<std::string, sqlite3_stmt*, std::less<>> idle_;  // prepared, not in use
};

}  // namespace faultline::store
