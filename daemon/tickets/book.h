// The built-in ticket book: one TMF621 v5 TroubleTicket per incident. From the ticket as it is and what the
// rules want told comes the ticket as it shall be, and what to tell connectors. The functions that take a
// Database run inside the store's job that also writes the incident, so neither exists without the other.
//
// People may change a ticket (tmf_api.h). What they set is respected: while a person's status stands, an
// update of Faultline's only adds a note. Three things go over it, and say so in their note: the fault is
// resolved, it is back (reopened) within the time for that, or the incident was merged into another. A ticket
// that a person closed, cancelled or rejected stays so, but for a reopen of a closed one.
#pragma once

#include "daemon/store/database.h"
#include "daemon/store/tickets.h"
#include "daemon/tickets/connector.h"
#include "daemon/tickets/ticket.h"
#include "rules/model/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace faultline::tickets {

inline constexpr std::string_view kTicketPath = "/tmf-api/troubleTicket/v5/troubleTicket";
// Beyond this many notes in a ticket, the oldest of Faultline's own go.
inline constexpr std::size_t kMaxNotes = 400;

// Why a status is what it is after a change.
enum class StatusVerdict : std::uint8_t {
  as_wanted,      // the life cycle's status
  unchanged,      // it already was, or an acknowledged ticket was merely updated
  person_kept,    // a person's status stands
  person_passed,  // a person's status was gone over: resolved, reopened or merged
};
struct StatusDecision {
  Status status = Status::acknowledged;
  StatusVerdict verdict = StatusVerdict::as_wanted;
};
// The rule above. `current`: nothing = no ticket yet.
StatusDecision decide_status(std::optional<Status> current, bool set_by_person, IncidentEvent event,
                             Status wanted);

struct Told {
  store::TicketRow row;
  bool is_new = false;
  Operation operation = Operation::update;
  TicketMessage message;
};

// Nothing when there is nothing to tell: the incident never had a ticket and needs none, or exactly this
// change was the last one told. Throws std::invalid_argument if `existing` is not a document of this book's.
std::optional<Told> tell(const std::optional<store::TicketRow>& existing, const TicketDraft& draft);

// The same on the database: reads the ticket, writes it, and appends one outbox row per connector name. The
// error is the database's.
Result<std::optional<Told>> tell(store::Database& db, const TicketDraft& draft,
                                 std::span<const std::string> connectors);

}  // namespace faultline::tickets
