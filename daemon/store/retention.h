// What Store::retain removes: one DELETE per table with the time before which rows go, in slices.
// daemon/store only.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/store.h"

#include <cstddef>
#include <vector>

namespace faultline::store {

struct RetentionRule {
  const char* sql = "";  // ?1 = horizon, ?2 = rows at most
  Timestamp horizon;
  bool releases_events = false;  // tell the guard of the events first
};
std::vector<RetentionRule> retention_rules(const Retention& retention, Timestamp now);
inline constexpr std::int64_t kRetentionSlice = 500;
// Removes up to a slice; true if there may be more.
Result<bool> remove_slice(Database& db, const RetentionRule& rule);

}  // namespace faultline::store
