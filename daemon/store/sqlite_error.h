// SQLite's result codes in words that say what to do. daemon/store only.
#pragma once

#include "rules/model/result.h"

#include <filesystem>
#include <string_view>

struct sqlite3;

namespace faultline::store {

// "faultline.db: the disk is full (database or disk is full); free some space, nothing that was acknowledged
// is lost". `handle` may be null; `doing` says what failed ("open", "INSERT INTO …"; cut at 80 characters).
Error sqlite_error(sqlite3* handle, int code, const std::filesystem::path& path, std::string_view doing);

}  // namespace faultline::store
