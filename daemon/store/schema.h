// The tables, by version, and the checks of a file before it is used. A migration is a list of SQL steps from
// one version to the next; each runs in a transaction of its own together with its version number, so a kill
// between two leaves a file that the next start takes up. daemon/store only.
#pragma once

#include "daemon/store/database.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace faultline::store {

struct Migration {
  int to = 0;  // schema version after it; its predecessor is to - 1
  const char* sql = "";
};
// Complete, from an empty file to the current version.
std::span<const Migration> migrations();
int current_version();
Result<int> schema_version(Database& db);

// Brings the file to the last version of `steps`. Before it changes a file that has data, it keeps a copy as
// "<file>.version-<n>". Refuses a file of a newer version, and one that is somebody else's database.
Result<void> migrate(Database& db, std::span<const Migration> steps);

// Is every page of the file readable and in its place? Only for files up to `up_to_bytes`: about 1 s a
// gigabyte.
Result<void> check_integrity(Database& db, std::uintmax_t up_to_bytes);

// A consistent copy of what `from` shows, also while another connection writes: made beside `to`, synced and
// renamed over it, so that `to` is never half a copy.
Result<void> copy_database(Database& from, const std::filesystem::path& to);

}  // namespace faultline::store
