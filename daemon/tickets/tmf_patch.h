// PATCH of a ticket by a person, as a pure function from ticket and body to the changed ticket or the error.
// JSON merge patch (RFC 7386) on three fields; @type is required:
//   status              a move that may_move() allows, else 409
//   statusChangeReason  a string, with status
//   note                an array; a note without an id is added, one with the id of a known note stays as it
//   is
//                       (another text for it: 409), and a known one that is missing stays too, so that two
//                       writers do not lose each other's. Author: as given, else the caller; date: now.
// Every other field is refused by name (400): Faultline keeps them up to date itself.
#pragma once

#include "daemon/store/tickets.h"
#include "daemon/tickets/ticket.h"
#include "rules/model/time.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace faultline::tickets {

inline constexpr std::size_t kMaxPatchBytes = 64 * 1024;
inline constexpr std::size_t kMaxNoteBytes = 4000;   // of one note's text, UTF-8
inline constexpr std::size_t kMaxPersonNotes = 500;  // in one ticket, with Faultline's own

struct PatchRefusal {
  unsigned status = 400;
  std::string code, reason, message;
};
struct Patched {
  store::TicketRow row;
  std::string change;  // "status inProgress → held, 1 note"; empty = nothing was changed
};

std::variant<Patched, PatchRefusal> patch(const store::TicketRow& row, std::string_view body,
                                          std::string_view caller, Timestamp now);

// The moves that a person may make. Closed, cancelled and rejected are ends.
bool may_move(Status from, Status to);

}  // namespace faultline::tickets
