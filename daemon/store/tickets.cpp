#include "daemon/store/tickets.h"

#include "daemon/store/filter.h"

namespace faultline::store {
namespace {

constexpr const char* kTicket =
    "SELECT id, incident, status, severity, revision, created, updated, document FROM ticket";
constexpr const char* kLink =
    "SELECT connector, ticket_key, external_id, external_status, updated FROM ticket_link";

TicketRow read_ticket(const Row& row) {
  TicketRow ticket;
  ticket.id = row.text(0);
  if (!row.is_null(1)) ticket.incident = row.unsigned_integer(1);
  ticket.status = row.text(2);
  ticket.severity = row.text(3);
  ticket.revision = static_cast<std::uint32_t>(row.integer(4));
  ticket.created = row.time(5);
  ticket.updated = row.time(6);
  ticket.document = row.text(7);
  return ticket;
}

TicketLink read_link(const Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.time(4)};
}

}  // namespace

Result<void> insert_ticket(Database& db, const TicketRow& t) {
  return db.run(
      "INSERT INTO ticket(id, incident, status, severity, revision, created, updated, document) "
      "VALUES(?,?,?,?,?,?,?,?)",
      t.id, t.incident, t.status, t.severity, t.revision, t.created, t.updated, t.document);
}

Result<bool> update_ticket(Database& db, const TicketRow& t) {
  auto updated = db.run(
      "UPDATE ticket SET status = ?, severity = ?, updated = ?, document = ?, revision = revision + 1 "
      "WHERE id = ? AND revision = ?",
      t.status, t.severity, t.updated, t.document, t.id, t.revision);
  if (!updated) return tl::make_unexpected(updated.error());
  return db.changed_rows() > 0;
}

Result<std::optional<TicketRow>> find_ticket(Database& db, std::string_view id) {
  return db.first(std::string(kTicket) + " WHERE id = ?", read_ticket, id);
}

Result<std::optional<TicketRow>> find_ticket_of(Database& db, IncidentNumber incident) {
  return db.first(std::string(kTicket) + " WHERE incident = ?", read_ticket, incident);
}

Result<TicketPage> list_tickets(Database& db, const TicketFilter& filter) {
  Where where;
  where.add_any("status", {filter.statuses.begin(), filter.statuses.end()});
  if (filter.incident) where.add("incident = ?", *filter.incident);
  if (!filter.severity.empty()) where.add("severity = ?", filter.severity);
  if (filter.updated_since) where.add("updated >= ?", *filter.updated_since);
  TicketPage page;
  auto counted = db.each_with("SELECT count(*) FROM ticket" + where.sql(), where.values(),
                              [&](const Row& row) { page.total = static_cast<std::size_t>(row.integer(0)); });
  if (!counted) return tl::make_unexpected(counted.error());
  const std::string sql = kTicket + where.sql() + " ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?";
  auto listed = db.each_with(sql, where.values_and_page(filter.limit, filter.offset),
                             [&](const Row& row) { page.rows.push_back(read_ticket(row)); });
  if (!listed) return tl::make_unexpected(listed.error());
  return page;
}

Result<std::uint64_t> next_ticket_number(Database& db) {
  auto moved = db.run("UPDATE meta SET value = value + 1 WHERE key = 'next_ticket'");
  if (!moved) return tl::make_unexpected(moved.error());
  auto next = db.number("SELECT value - 1 FROM meta WHERE key = 'next_ticket'");
  if (!next) return tl::make_unexpected(next.error());
  return static_cast<std::uint64_t>(*next);
}

Result<void> save_ticket_link(Database& db, const TicketLink& l) {
  return db.run(
      "INSERT INTO ticket_link(connector, ticket_key, external_id, external_status, updated) "
      "VALUES(?,?,?,?,?) "
      "ON CONFLICT(connector, ticket_key) DO UPDATE SET external_id = excluded.external_id, "
      "external_status = excluded.external_status, updated = excluded.updated",
      l.connector, l.ticket_key, l.external_id, l.external_status, l.updated);
}

Result<std::optional<TicketLink>> find_ticket_link(Database& db, std::string_view connector,
                                                   std::string_view ticket_key) {
  return db.first(std::string(kLink) + " WHERE connector = ? AND ticket_key = ?", read_link, connector,
                  ticket_key);
}

Result<std::vector<TicketLink>> ticket_links(Database& db, std::string_view ticket_key) {
  std::vector<TicketLink> found;
  auto listed = db.each(
      std::string(kLink) + " WHERE ticket_key = ? ORDER BY connector",
      [&](const Row& row) { found.push_back(read_link(row)); }, ticket_key);
  if (!listed) return tl::make_unexpected(listed.error());
  return found;
}

}  // namespace faultline::store
