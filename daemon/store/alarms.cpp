#include "daemon/store/alarms.h"

namespace faultline::store {

Result<void> save_alarm(Database& db, const StoredAlarm& a) {
  return db.run(
      "INSERT OR REPLACE INTO alarm(source, id, raised, changed, cleared, document) VALUES(?,?,?,?,?,?)",
      a.source, a.id, a.raised, a.changed, a.cleared, a.document);
}

Result<void> remove_alarm(Database& db, std::string_view source, std::string_view id) {
  return db.run("DELETE FROM alarm WHERE source = ? AND id = ?", source, id);
}

Result<std::vector<StoredAlarm>> list_alarms(Database& db) {
  std::vector<StoredAlarm> alarms;
  auto listed =
      db.each("SELECT source, id, raised, changed, cleared, document FROM alarm ORDER BY changed, source, id",
              [&](const Row& row) {
                alarms.push_back(
                    {row.text(0), row.text(1), row.time(2), row.time(3), row.optional_time(4), row.text(5)});
              });
  if (!listed) return tl::make_unexpected(listed.error());
  return alarms;
}

}  // namespace faultline::store
