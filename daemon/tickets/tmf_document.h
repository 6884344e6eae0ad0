// The TMF621 v5 TroubleTicket as a JSON document: built from a draft, brought up to date by the next one, and
// its single parts read and written. Model: TMF621 v5.0.1. Pure; used by the book and its HTTP face.
#pragma once

#include "daemon/tickets/ticket.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace faultline::tickets {

inline constexpr std::string_view kOwnAuthor = "faultline";

// Throws std::invalid_argument if the text is not a ticket of the book's: a damaged database.
boost::json::object parse_document(std::string_view text);

// A ticket without status and notes.
boost::json::object new_document(const TicketDraft& draft);
// Everything that follows from the draft but status and notes; what people added to lists of theirs stays.
void refresh(boost::json::object& document, const TicketDraft& draft);

// Status, change date and history entry; `by_person` is kept as characteristic "statusSetBy". resolutionDate
// is set with resolved and taken away with any status but closed.
void set_status(boost::json::object& document, Status status, Timestamp at, std::string_view reason,
                bool by_person);
Status status_of(const boost::json::object& document);
bool is_set_by_person(const boost::json::object& document);

// Adds a note with the next id; beyond kMaxNotes (book.h) the oldest own ones go.
void add_note(boost::json::object& document, std::string_view author, std::string_view text, Timestamp at);
// True if the newest own note is exactly this one.
bool has_latest_own_note(const boost::json::object& document, std::string_view text, Timestamp at);

// Counts how often the book told of this ticket (characteristic "tellings"); the next number.
std::int64_t count_telling(boost::json::object& document);

std::string_view text_of(const boost::json::object& document, std::string_view field);  // "" if not a string

}  // namespace faultline::tickets
