#include "daemon/tickets/book.h"

#include "daemon/json/json_text.h"
#include "daemon/store/outbox.h"
#include "daemon/tickets/message.h"
#include "daemon/tickets/tmf_document.h"

#include <boost/json.hpp>
#include <fmt/core.h>

#include <stdexcept>

namespace faultline::tickets {

namespace {

bool is_end(Status status) {
  return status == Status::closed || status == Status::cancelled || status == Status::rejected;
}

// Whether the event may change a ticket that is now in this status, whoever set it.
bool goes_over(IncidentEvent event, Status current) {
  if (event == IncidentEvent::reopened) return current != Status::cancelled && current != Status::rejected;
  return (event == IncidentEvent::resolved || event == IncidentEvent::merged) && !is_end(current);
}

std::string note_text(const TicketDraft& draft, StatusDecision decision, std::optional<Status> before) {
  if (!before) return draft.note;
  if (decision.verdict == StatusVerdict::person_kept)
    return fmt::format("{} (The status stays {}, as a person set it.)", draft.note, name(*before));
  if (decision.verdict == StatusVerdict::person_passed)
    return fmt::format("{} (The status was {}, set by a person.)", draft.note, name(*before));
  return draft.note;
}

Operation operation_for(const TicketDraft& draft, bool is_new, StatusDecision decision,
                        const boost::json::object& before, const boost::json::object& after) {
  if (is_new) return Operation::create;
  const bool status_changed =
      decision.verdict == StatusVerdict::as_wanted || decision.verdict == StatusVerdict::person_passed;
  if (status_changed) return decision.status == Status::resolved ? Operation::resolve : Operation::update;
  const bool same_words = text_of(before, "description") == text_of(after, "description") &&
                          text_of(before, "severity") == text_of(after, "severity");
  return same_words && draft.relations.empty() ? Operation::comment : Operation::update;
}

}  // namespace

StatusDecision decide_status(std::optional<Status> current, bool set_by_person, IncidentEvent event,
                             Status wanted) {
  if (!current) return {wanted, StatusVerdict::as_wanted};
  if (*current == wanted) return {wanted, StatusVerdict::unchanged};
  if (goes_over(event, *current))
    return {wanted, set_by_person ? StatusVerdict::person_passed : StatusVerdict::as_wanted};
  // Closing a resolved ticket is what the person who resolved it waits for.
  const bool closes_resolved = event == IncidentEvent::closed && *current == Status::resolved;
  if (set_by_person && !closes_resolved) return {*current, StatusVerdict::person_kept};
  if (is_end(*current)) return {*current, StatusVerdict::unchanged};
  // Acknowledging is to be seen until something moves: an update alone is not work in progress.
  const bool only_updated = event == IncidentEvent::updated || event == IncidentEvent::rerooted;
  if (*current == Status::acknowledged && only_updated && wanted == Status::in_progress)
    return {*current, StatusVerdict::unchanged};
  return {wanted, StatusVerdict::as_wanted};
}

std::optional<Told> tell(const std::optional<store::TicketRow>& existing, const TicketDraft& draft) {
  if (!draft.wanted_status) return std::nullopt;
  // What was suspected only and is merged or closed now has no ticket and needs none.
  if (!existing && (*draft.wanted_status == Status::cancelled || *draft.wanted_status == Status::closed))
    return std::nullopt;
  boost::json::object before;
  if (existing) before = parse_document(existing->document);
  boost::json::object document = existing ? before : new_document(draft);
  std::optional<Status> current;
  if (existing) current = status_of(before);
  const StatusDecision decision =
      decide_status(current, existing && is_set_by_person(before), draft.event, *draft.wanted_status);
  const std::string text = note_text(draft, decision, current);
  if (existing && has_latest_own_note(before, text, draft.at)) return std::nullopt;

  refresh(document, draft);
  if (decision.verdict == StatusVerdict::as_wanted || decision.verdict == StatusVerdict::person_passed)
    set_status(document, decision.status, draft.at, draft.note, false);
  add_note(document, kOwnAuthor, text, draft.at);
  const std::int64_t telling = count_telling(document);

  Told told;
  told.is_new = !existing;
  told.operation = operation_for(draft, told.is_new, decision, before, document);
  if (existing) told.row = *existing;
  told.row.id = draft.key;
  told.row.incident = draft.incident;
  told.row.status = name(decision.status);
  told.row.severity = name(draft.severity);
  if (!existing) told.row.created = draft.at;
  told.row.updated = draft.at;
  told.row.document = to_text(document);
  told.message = {draft.key,
                  fmt::format("{}/{}", draft.key, telling),
                  std::string(name(draft.event)),
                  draft.at,
                  told.row.document,
                  text};
  return told;
}

Result<std::optional<Told>> tell(store::Database& db, const TicketDraft& draft,
                                 std::span<const std::string> connectors) {
  auto existing = store::find_ticket_of(db, draft.incident);
  if (!existing) return tl::make_unexpected(existing.error());
  std::optional<Told> told;
  try {
    told = tell(*existing, draft);
  } catch (const std::invalid_argument& damaged) {
    return fail(fmt::format("ticket {}: {}", draft.key, damaged.what()));
  }
  if (!told) return told;
  if (told->is_new) {
    if (auto written = store::insert_ticket(db, told->row); !written)
      return tl::make_unexpected(written.error());
  } else {
    auto written = store::update_ticket(db, told->row);
    if (!written) return tl::make_unexpected(written.error());
    if (!*written) return fail(fmt::format("ticket {}: changed by somebody else meanwhile", draft.key));
  }
  for (const std::string& connector : connectors) {
    auto row = store::append_outbox(db, to_outbox_row(connector, told->operation, told->message));
    if (!row) return tl::make_unexpected(row.error());
  }
  return told;
}

}  // namespace faultline::tickets
