// The ticket book over HTTP, TMF621 v5: list, get, and patch of status and notes, from request to answer. The
// HTTP server mounts it at kTicketPath (book.h), has checked the caller's role before (viewer reads, operator
// patches), and runs it inside a job of the store: GET in a read, PATCH in a write.
//
// GET …/troubleTicket?status=a,b&externalIdentifier=FL-1,FL-2&fields=…&offset=0&limit=100
//     200 with X-Total-Count and X-Result-Count, newest ticket first. A filter that is not offered is a 400,
//     since leaving it out would answer another question.
// GET …/troubleTicket/FL-1?fields=…
// PATCH …/troubleTicket/FL-1   see tmf_patch.h
// Any other method: 405 with Allow. Errors have TMF's body {code, reason, message, status, @type}.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/tickets.h"
#include "daemon/tickets/ticket.h"
#include "rules/model/result.h"
#include "rules/model/time.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::tickets {

inline constexpr std::size_t kMaxListLimit = 1000;

struct TmfRequest {
  std::string method;                                     // "GET"
  std::string id;                                         // decoded; empty = the collection
  std::map<std::string, std::string, std::less<>> query;  // decoded
  std::string content_type;                               // empty = not known, taken as JSON
  std::string body;
  std::string caller;  // who asks, for notes and the event log: the token's name, or empty
};

struct TmfAnswer {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // beyond Content-Type and Content-Length
  std::string body;                                          // JSON
  std::string changed_id;                                    // the ticket that was changed; empty = none
  std::string change_text;                                   // what was changed, for the event log
};

// Never fails: trouble with the database is an answer, too (503).
TmfAnswer handle(const TmfRequest& request, store::Database& db, Timestamp now);

// An error as TMF621 has it.
TmfAnswer tmf_error(unsigned status, std::string_view code, std::string_view reason,
                    std::string_view message = {});
// The document with id, href, @type and the named first-level fields only; all of it if `fields` is empty.
std::string select_fields(const std::string& document, std::string_view fields);

// One ticket as lists and pages show it.
struct TicketSummary {
  std::string id;
  IncidentNumber incident = 0;
  std::string status, severity, title;
  Timestamp created{}, updated{};
  std::vector<std::string> notes;  // oldest first
};
Result<TicketSummary> summary(const store::TicketRow& row);

}  // namespace faultline::tickets
