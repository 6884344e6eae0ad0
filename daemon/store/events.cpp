#include "daemon/store/events.h"

#include "daemon/store/filter.h"

namespace faultline::store {
namespace {

Event read(const Row& row) {
  Event event;
  event.id = row.integer(0);
  event.at = row.time(1);
  event.kind = row.text(2);
  if (!row.is_null(3)) event.incident = row.unsigned_integer(3);
  event.subject = row.text(4);
  event.reason = row.text(5);
  event.detail = row.text(6);
  return event;
}

}  // namespace

Result<std::int64_t> append_event(Database& db, const Event& event) {
  auto appended = db.run("INSERT INTO event(at, kind, incident, subject, reason, detail) VALUES(?,?,?,?,?,?)",
                         event.at, event.kind, event.incident, event.subject, event.reason, event.detail);
  if (!appended) return tl::make_unexpected(appended.error());
  return db.last_insert_id();
}

Result<std::vector<Event>> list_events(Database& db, const EventFilter& filter) {
  Where where;
  std::string after_prefix = filter.kind;
  if (filter.incident) where.add("incident = ?", *filter.incident);
  if (!filter.kind.empty() && filter.kind.back() == '.') {
    after_prefix.back() = '/';  // the character after '.': all that begins with the prefix sorts before it
    where.add("kind >= ?", filter.kind);
    where.add("kind < ?", after_prefix);
  } else if (!filter.kind.empty()) {
    where.add("kind = ?", filter.kind);
  }
  if (!filter.subject.empty()) {
    where.add("subject = ?", filter.subject);
    where.add("subject <> ''");  // lets SQLite use the partial index
  }
  if (filter.from) where.add("at >= ?", *filter.from);
  if (filter.until) where.add("at < ?", *filter.until);
  if (filter.after_id > 0) where.add("id > ?", filter.after_id);
  const std::string sql = "SELECT id, at, kind, incident, subject, reason, detail FROM event" + where.sql() +
                          " ORDER BY id " + (filter.oldest_first ? "ASC" : "DESC") + " LIMIT ? OFFSET ?";
  std::vector<Event> found;
  auto listed = db.each_with(sql, where.values_and_page(filter.limit, filter.offset),
                             [&](const Row& row) { found.push_back(read(row)); });
  if (!listed) return tl::make_unexpected(listed.error());
  return found;
}

}  // namespace faultline::store
