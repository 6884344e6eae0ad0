// The ticket book's rows (TMF621 documents) and the numbers that other ticket systems gave. The logic is in
// daemon/tickets; here are only the rows. Used inside the jobs of Store.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/incident.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

struct TicketRow {
  std::string id;
  std::optional<IncidentNumber> incident;  // at most one ticket per incident: the database sees to it
  std::string status;                      // TMF621 word: acknowledged, inProgress, …
  std::string severity;                    // as the document has it
  std::uint32_t revision = 1;              // counts every write
  Timestamp created;
  Timestamp updated;
  std::string document;  // JSON, the whole TMF621 resource
};

// Fails if the id is taken or the incident has a ticket already.
Result<void> insert_ticket(Database& db, const TicketRow& ticket);
// Writes status, severity, updated and document and counts the revision up, if the stored revision is still
// `ticket.revision`; false: somebody was faster (read again) or there is no such ticket.
Result<bool> update_ticket(Database& db, const TicketRow& ticket);
Result<std::optional<TicketRow>> find_ticket(Database& db, std::string_view id);
Result<std::optional<TicketRow>> find_ticket_of(Database& db, IncidentNumber incident);

struct TicketFilter {
  std::vector<std::string> statuses;  // empty = any
  std::optional<IncidentNumber> incident;
  std::string severity;                    // empty = any
  std::optional<Timestamp> updated_since;  // updated ≥
  std::size_t limit = 100, offset = 0;
};
// Newest first; `total` counts all that match, for X-Total-Count.
struct TicketPage {
  std::vector<TicketRow> rows;
  std::size_t total = 0;
};
Result<TicketPage> list_tickets(Database& db, const TicketFilter& filter);
// Next number of the book's own series, from 1; never given twice, also after a rollback or restart of
// others.
Result<std::uint64_t> next_ticket_number(Database& db);

// The ticket of an incident in another system.
struct TicketLink {
  std::string connector;
  std::string ticket_key;   // our key, e.g. "FL-12"
  std::string external_id;  // theirs; empty while not known
  std::string external_status;
  Timestamp updated;
};
Result<void> save_ticket_link(Database& db, const TicketLink& link);
Result<std::optional<TicketLink>> find_ticket_link(Database& db, std::string_view connector,
                                                   std::string_view ticket_key);
Result<std::vector<TicketLink>> ticket_links(Database& db, std::string_view ticket_key);

}  // namespace faultline::store
