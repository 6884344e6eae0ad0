#include "daemon/store/outbox.h"

#include "daemon/store/filter.h"

namespace faultline::store {
namespace {

constexpr const char* kSelect =
    "SELECT sequence, connector, ticket_key, operation, idempotency_key, payload, state, attempts, created, "
    "next_attempt, finished, last_error FROM outbox o";
// The oldest unfinished row of its ticket: only this one may be sent.
constexpr const char* kIsHead =
    " finished IS NULL AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.connector = o.connector AND "
    "e.ticket_key = o.ticket_key AND e.finished IS NULL AND e.sequence < o.sequence)";

OutboxRow read(const Row& row) {
  OutboxRow out;
  out.sequence = row.integer(0);
  out.connector = row.text(1);
  out.ticket_key = row.text(2);
  out.operation = row.text(3);
  out.idempotency_key = row.text(4);
  out.payload = row.text(5);
  out.state = from_name<OutboxState>(kOutboxStateNames, row.text_view(6));
  out.attempts = static_cast<std::uint32_t>(row.integer(7));
  out.created = row.time(8);
  out.next_attempt = row.time(9);
  out.finished = row.optional_time(10);
  out.last_error = row.text(11);
  return out;
}

}  // namespace

Result<std::optional<std::int64_t>> append_outbox(Database& db, const OutboxRow& row) {
  auto appended = db.run(
      "INSERT INTO outbox(connector, ticket_key, operation, idempotency_key, payload, state, attempts, "
      "created, "
      "next_attempt, finished, last_error) VALUES(?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(connector, "
      "idempotency_key) "
      "DO NOTHING",
      row.connector, row.ticket_key, row.operation, row.idempotency_key, row.payload, name(row.state),
      row.attempts, row.created, row.next_attempt, row.finished, row.last_error);
  if (!appended) return tl::make_unexpected(appended.error());
  if (db.changed_rows() == 0) return std::nullopt;
  return db.last_insert_id();
}

Result<std::vector<OutboxRow>> due_outbox(Database& db, std::string_view connector, Timestamp now,
                                          std::size_t limit) {
  std::vector<OutboxRow> due;
  auto listed = db.each(
      std::string(kSelect) + " WHERE connector = ?1 AND next_attempt <= ?2 AND" + kIsHead +
          " ORDER BY next_attempt, sequence LIMIT ?3",
      [&](const Row& row) { due.push_back(read(row)); }, connector, now, limit);
  if (!listed) return tl::make_unexpected(listed.error());
  return due;
}

Result<std::optional<Timestamp>> next_outbox_attempt(Database& db, std::string_view connector) {
  return db.first(
      std::string("SELECT next_attempt FROM outbox o WHERE connector = ? AND") + kIsHead +
          " ORDER BY next_attempt LIMIT 1",
      [](const Row& row) { return row.time(0); }, connector);
}

Result<void> update_outbox(Database& db, const OutboxRow& row) {
  return db.run(
      "UPDATE outbox SET state = ?, attempts = ?, next_attempt = ?, finished = ?, last_error = ? WHERE "
      "sequence = ?",
      name(row.state), row.attempts, row.next_attempt, row.finished, row.last_error, row.sequence);
}

Result<std::optional<OutboxRow>> find_outbox(Database& db, std::int64_t sequence) {
  return db.first(std::string(kSelect) + " WHERE sequence = ?", read, sequence);
}

Result<std::vector<OutboxRow>> outbox_of_ticket(Database& db, std::string_view ticket_key) {
  std::vector<OutboxRow> rows;
  auto listed = db.each(
      std::string(kSelect) + " WHERE ticket_key = ? ORDER BY sequence",
      [&](const Row& row) { rows.push_back(read(row)); }, ticket_key);
  if (!listed) return tl::make_unexpected(listed.error());
  return rows;
}

Result<std::vector<OutboxDepth>> outbox_depths(Database& db) {
  std::vector<OutboxDepth> depths;
  auto listed = db.each(
      "SELECT connector, count(*) FILTER (WHERE finished IS NULL), min(created) FILTER (WHERE finished IS "
      "NULL), "
      "count(*) FILTER (WHERE state = 'rejected') FROM outbox GROUP BY connector ORDER BY connector",
      [&](const Row& row) {
        depths.push_back({row.text(0), static_cast<std::size_t>(row.integer(1)), row.optional_time(2),
                          static_cast<std::size_t>(row.integer(3))});
      });
  if (!listed) return tl::make_unexpected(listed.error());
  return depths;
}

}  // namespace faultline::store
