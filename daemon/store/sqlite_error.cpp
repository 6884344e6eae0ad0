#include "daemon/store/sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace faultline::store {
namespace {

struct Words {
  std::string_view what, remedy;
};

Words words_for(int primary, bool is_read_only_directory) {
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {"the database is locked", "another program holds it; end that program (try: fuser -v FILE)"};
    case SQLITE_READONLY:
      return {"the database is read-only",
              is_read_only_directory
                  ? "its directory must be writable too, for the -wal and -shm files beside it"
                  : "give the user that runs faultline write permission on the file and its directory"};
    case SQLITE_FULL:
      return {"the disk is full", "free some space; nothing that was acknowledged is lost"};
    case SQLITE_IOERR:
      return {"the disk failed to read or write",
              "look for errors of the disk in the kernel log (dmesg) and for a full disk or quota"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {"this is no intact database",
              "move it aside with its -wal and -shm files (mv FILE FILE.corrupt) and put the latest copy "
              "made by `faultline backup` in its place, or start without one (open incidents are then "
              "forgotten)"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {"cannot open the file",
              "its directory must exist and be writable for the user that runs faultline"};
    case SQLITE_NOMEM:
      return {"out of memory", "give the process more memory"};
    case SQLITE_CONSTRAINT:
      return {"a rule of the database forbids it", ""};
    default:
      return {"the database refused", ""};
  }
}

}  // namespace

Error sqlite_error(sqlite3* handle, int code, const std::filesystem::path& path, std::string_view doing) {
  const Words words = words_for(code & 0xff, code == SQLITE_READONLY_DIRECTORY);
  const char* detail = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  // After some failures (a commit that was rolled back) the handle only knows about the later call.
  if (handle != nullptr && (sqlite3_errcode(handle) & 0xff) != (code & 0xff)) detail = sqlite3_errstr(code);
  std::string message =
      fmt::format("{}: {} ({}; while: {})", path.string(), words.what, detail, doing.substr(0, 80));
  if (!words.remedy.empty()) message += fmt::format("; {}", words.remedy);
  // Where there is a remedy, the same job may work once it is applied.
  return Error{std::move(message), !words.remedy.empty()};
}

}  // namespace faultline::store
