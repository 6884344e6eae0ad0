// Alarms of other systems, as they were told: kept so that those that are on still speak after a restart.
#pragma once

#include "daemon/store/database.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

struct StoredAlarm {
  std::string source;  // "tmf642", "alertmanager", "trap"
  std::string id;      // unique within the source
  Timestamp raised{};
  Timestamp changed{};               // told last
  std::optional<Timestamp> cleared;  // none: it is on
  std::string document;              // JSON object
  bool operator==(const StoredAlarm&) const = default;
};
// Replaces one with the same source and id.
Result<void> save_alarm(Database& db, const StoredAlarm& alarm);
Result<void> remove_alarm(Database& db, std::string_view source, std::string_view id);
// All of them, the one that was changed first first.
Result<std::vector<StoredAlarm>> list_alarms(Database& db);

}  // namespace faultline::store
