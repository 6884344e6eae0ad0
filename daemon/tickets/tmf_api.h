// The ticket book over HTTP, TMF621 v5: list, get, and patch of status and notes, as one pure function from
// request to answer. The HTTP server mounts it at kTicketPath (book.h), has checked the caller's role before
// (viewer reads, operator patches) and runs it inside a transaction on the ticket table.
//
// GET …/troubleTicket?status=a,b&externalIdentifier=FL-1&fields=…&offset=0&limit=100   200 + X-Total-Count,
// GET …/troubleTicket/FL-1?fields=…                                                    X-Result-Count
// PATCH …/troubleTicket/FL-1   application/json or application/merge-patch+json, up to kMaxPatchBytes
// Any other method: 405 with Allow. Errors have TMF's body {code, reason, message, status, @type}.
#pragma once

#include "daemon/tickets/ticket.h"
#include "daemon/tickets/ticket_table.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::tickets {

inline constexpr std::size_t kMaxPatchBytes = 64 * 1024;
inline constexpr std::size_t kMaxListLimit = 1000;
inline constexpr std::size_t kMaxNoteText = 4000;  // bytes of UTF-8

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
  std::vector<std::pair<std::string, std::string>> headers;  // without Content-Length
  std::string body;
  std::string changed_id;   // the ticket that was changed; empty = none
  std::string change_text;  // what was changed, for the event log
};

TmfAnswer handle(const TmfRequest& request, TicketTable& table, Timestamp now);

// One ticket as lists and pages show it.
struct TicketSummary {
  std::string id;
  IncidentNumber incident = 0;
  std::string status, severity, title;
  Timestamp created{}, updated{};
  std::vector<std::string> notes;  // oldest first
};
TicketSummary summary(const TicketRow& row);

// The moves a person may make. The same status again is always allowed.
bool may_move(Status from, Status to);

}  // namespace faultline::tickets
