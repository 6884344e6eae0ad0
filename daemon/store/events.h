// The append-only log of all that Faultline decided, was told and was ordered to do: the audit, and the
// source of reports. The database itself refuses to change an event, or to delete one that retention has not
// released.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/incident.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

struct Event {
  std::int64_t id = 0;  // given by the store, increasing
  Timestamp at;
  std::string
      kind;  // "incident.opened", "degradation.began", "complaint.attached", "ticket.delivered", "reload", …
  std::optional<IncidentNumber> incident;
  std::string subject;  // what it happened to: endpoint, node, complaint, ticket, token name; may be empty
  std::string reason;   // one sentence; may be empty
  std::string detail;   // JSON object; empty = none
};

// Returns the id.
Result<std::int64_t> append_event(Database& db, const Event& event);

struct EventFilter {
  std::optional<IncidentNumber> incident;
  std::string kind;                      // exact, or a prefix that ends in "." ("incident."); empty = any
  std::string subject;                   // exact; empty = any
  std::optional<Timestamp> from, until;  // from ≤ t < until
  std::int64_t after_id = 0;             // only greater ids, for following the log
  bool oldest_first = false;
  std::size_t limit = 100, offset = 0;
};
Result<std::vector<Event>> list_events(Database& db, const EventFilter& filter);

}  // namespace faultline::store
