#include "daemon/store/incidents.h"

#include "daemon/store/filter.h"

#include <utility>

namespace faultline::store {
namespace {

constexpr const char* kSelect =
    "SELECT number, revision, state, severity, root, onset, suspected_at, opened_at, ended_at, document FROM "
    "incident";

IncidentRecord read(const Row& row) {
  IncidentRecord record;
  record.number = row.unsigned_integer(0);
  record.revision = static_cast<std::uint32_t>(row.integer(1));
  record.state = from_name<IncidentState>(kIncidentStateNames, row.text_view(2));
  record.severity = static_cast<Severity>(row.integer(3));
  record.root = row.text(4);
  record.onset = row.time(5);
  record.suspected_at = row.time(6);
  record.opened_at = row.optional_time(7);
  record.ended_at = row.optional_time(8);
  record.document = row.text(9);
  return record;
}

}  // namespace

Result<bool> save_incident(Database& db, const IncidentRecord& r) {
  auto saved = db.run(
      "INSERT INTO incident(number, revision, state, severity, root, onset, suspected_at, opened_at, "
      "ended_at, "
      "document) VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(number) DO UPDATE SET revision = excluded.revision, "
      "state = excluded.state, severity = excluded.severity, root = excluded.root, onset = excluded.onset, "
      "suspected_at = excluded.suspected_at, opened_at = excluded.opened_at, ended_at = excluded.ended_at, "
      "document = excluded.document WHERE excluded.revision >= incident.revision",
      r.number, r.revision, name(r.state), static_cast<int>(r.severity), r.root, r.onset, r.suspected_at,
      r.opened_at, r.ended_at, r.document);
  if (!saved) return tl::make_unexpected(saved.error());
  const bool written = db.changed_rows() > 0;
  auto moved = db.run("UPDATE meta SET value = max(value, ?) WHERE key = 'next_incident'", r.number + 1);
  if (!moved) return tl::make_unexpected(moved.error());
  return written;
}

Result<std::optional<IncidentRecord>> find_incident(Database& db, IncidentNumber number) {
  return db.first(std::string(kSelect) + " WHERE number = ?", read, number);
}

Result<std::vector<IncidentRecord>> list_incidents(Database& db, const IncidentFilter& filter) {
  Where where;
  std::vector<std::string_view> states;
  for (IncidentState state : filter.states) states.push_back(name(state));
  where.add_any("state", states);
  if (filter.at_least) where.add("severity <= ?", static_cast<int>(*filter.at_least));
  if (!filter.root.empty()) where.add("root = ?", filter.root);
  if (filter.active_from) where.add("(ended_at IS NULL OR ended_at >= ?)", *filter.active_from);
  if (filter.active_until) where.add("onset < ?", *filter.active_until);
  const std::string sql = kSelect + where.sql() + " ORDER BY number DESC LIMIT ? OFFSET ?";
  std::vector<IncidentRecord> found;
  auto listed = db.each_with(sql, where.values_and_page(filter.limit, filter.offset),
                             [&](const Row& row) { found.push_back(read(row)); });
  if (!listed) return tl::make_unexpected(listed.error());
  return found;
}

Result<std::vector<Incident>> told_incidents(Database& db, const Topology& topology, Timestamp since) {
  std::vector<Incident> found;
  auto read = db.each(
      "SELECT document FROM incident WHERE opened_at IS NOT NULL AND onset >= ? ORDER BY number",
      [&](const Row& row) {
        auto restored = from_document(row.text_view(0), topology);
        if (restored && !restored->root_gone) found.push_back(std::move(restored->incident));
      },
      since);
  if (!read) return tl::make_unexpected(read.error());
  return found;
}

Result<IncidentNumber> next_incident_number(Database& db) {
  auto next = db.number("SELECT value FROM meta WHERE key = 'next_incident'");
  if (!next) return tl::make_unexpected(next.error());
  return static_cast<IncidentNumber>(*next);
}

}  // namespace faultline::store
