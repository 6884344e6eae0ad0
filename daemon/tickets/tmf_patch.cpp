#include "daemon/tickets/tmf_patch.h"

#include "daemon/json/json_text.h"
#include "daemon/tickets/book.h"
#include "daemon/tickets/tmf_document.h"
#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace faultline::tickets {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxAuthorBytes = 128;
constexpr std::size_t kMaxReasonBytes = 1000;
constexpr std::array<std::string_view, 4> kPatchable = {"@type", "status", "statusChangeReason", "note"};

struct NewNote {
  std::string author, text;
};
struct Wish {
  std::optional<Status> status;
  std::string reason;
  std::vector<NewNote> notes;
};

using Refused = std::optional<PatchRefusal>;

PatchRefusal bad(std::string reason, std::string message = {}) {
  return {400, "invalidBody", std::move(reason), std::move(message)};
}
PatchRefusal conflict(std::string reason, std::string message = {}) {
  return {409, "conflict", std::move(reason), std::move(message)};
}

const json::object* find_note(const json::object& document, std::string_view id) {
  const json::value* notes = document.if_contains("note");
  if (notes == nullptr || !notes->is_array()) return nullptr;
  for (const json::value& note : notes->get_array())
    if (note.is_object() && text_of(note.get_object(), "id") == id) return &note.get_object();
  return nullptr;
}

Refused read_note(const json::value& value, std::size_t index, const json::object& document,
                  std::string_view caller, Wish& wish) {
  const std::string where = fmt::format("note[{}]", index);
  if (!value.is_object()) return bad(where + ": not an object");
  const json::object& note = value.get_object();
  if (text_of(note, "@type") != "Note")
    return bad(where + ": @type is missing", "Every note has \"@type\": \"Note\".");
  const std::string_view text = text_of(note, "text");
  const std::string_view id = text_of(note, "id");
  if (const json::object* known = id.empty() ? nullptr : find_note(document, id); known != nullptr) {
    if (text_of(*known, "text") == text) return {};
    return conflict(fmt::format("{}: note {} is there with another text", where, id),
                    "Notes are not changed; send a new one without an id.");
  }
  if (text.empty() || text.size() > kMaxNoteBytes)
    return bad(fmt::format("{}: text: expected 1 to {} bytes", where, kMaxNoteBytes));
  std::string author(text_of(note, "author"));
  if (author.empty()) author = caller.empty() ? "person" : caller;
  if (author.size() > kMaxAuthorBytes)
    return bad(fmt::format("{}: author: expected at most {} bytes", where, kMaxAuthorBytes));
  if (author == kOwnAuthor)
    return bad(fmt::format("{}: author \"{}\" is kept for Faultline itself", where, kOwnAuthor));
  wish.notes.push_back({std::move(author), std::string(text)});
  return {};
}

Refused read_status(const json::object& body, Status current, Wish& wish) {
  if (const json::value* value = body.if_contains("status")) {
    if (!value->is_string()) return bad("status: not a string");
    const std::string_view text = value->get_string();
    wish.status = status_from_name(text);
    if (!wish.status)
      return bad(
          fmt::format("status: \"{}\" is none of {}", text.substr(0, 40), fmt::join(kStatusNames, ", ")));
    if (!may_move(current, *wish.status))
      return conflict(fmt::format("status: {} cannot become {}", name(current), name(*wish.status)));
  }
  if (const json::value* value = body.if_contains("statusChangeReason")) {
    if (!value->is_string() || value->get_string().size() > kMaxReasonBytes)
      return bad(fmt::format("statusChangeReason: expected a string of at most {} bytes", kMaxReasonBytes));
    if (!wish.status) return bad("statusChangeReason: comes with status only");
    wish.reason = std::string(value->get_string());
  }
  return {};
}

Refused read_notes(const json::object& body, const json::object& document, std::string_view caller,
                   Wish& wish) {
  const json::value* value = body.if_contains("note");
  if (value == nullptr) return {};
  if (!value->is_array()) return bad("note: not an array", "Notes are added, never removed.");
  std::size_t index = 0;
  for (const json::value& note : value->get_array())
    if (Refused refused = read_note(note, index++, document, caller, wish)) return refused;
  const json::value* known = document.if_contains("note");
  const std::size_t have = known != nullptr && known->is_array() ? known->get_array().size() : 0;
  if (have + wish.notes.size() > kMaxPersonNotes)
    return conflict(fmt::format("note: a ticket holds at most {} notes", kMaxPersonNotes));
  return {};
}

Refused read(std::string_view text, const json::object& document, std::string_view caller, Wish& wish) {
  if (text.size() > kMaxPatchBytes)
    return PatchRefusal{413, "tooLarge", fmt::format("the body has more than {} bytes", kMaxPatchBytes), {}};
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return bad(fmt::format("the body is not JSON: {}", error.message()));
  if (!value.is_object()) return bad("the body is not a JSON object");
  const json::object& body = value.get_object();
  if (text_of(body, "@type") != "TroubleTicket")
    return bad("@type is missing", "A patch has \"@type\": \"TroubleTicket\".");
  for (const auto& [key, ignored] : body)
    if (std::find(kPatchable.begin(), kPatchable.end(), std::string_view(key)) == kPatchable.end())
      return PatchRefusal{400, "notPatchable",
                          fmt::format("{}: cannot be patched", std::string_view(key).substr(0, 60)),
                          "Only status, statusChangeReason and note can."};
  if (Refused refused = read_status(body, status_of(document), wish)) return refused;
  return read_notes(body, document, caller, wish);
}

}  // namespace

bool may_move(Status from, Status to) {
  using enum Status;
  if (from == to) return true;
  switch (from) {
    case acknowledged:
      return true;
    case in_progress:
    case pending:
    case held:
      return to != acknowledged && to != rejected;
    case resolved:
      return to == closed || to == in_progress;
    case closed:
    case cancelled:
    case rejected:
      return false;
  }
  return false;
}

std::variant<Patched, PatchRefusal> patch(const store::TicketRow& row, std::string_view body,
                                          std::string_view caller, Timestamp now) {
  json::object document = parse_document(row.document);
  Wish wish;
  if (Refused refused = read(body, document, caller, wish)) return *std::move(refused);

  Patched patched{row, {}};
  const Status before = status_of(document);
  if (wish.status && *wish.status != before) {
    const std::string reason = wish.reason.empty() ? "set by a person" : wish.reason;
    set_status(document, *wish.status, now, reason, true);
    patched.row.status = name(*wish.status);
    patched.change = fmt::format("status {} → {}", name(before), name(*wish.status));
  }
  for (const NewNote& note : wish.notes) add_note(document, note.author, note.text, now);
  if (!wish.notes.empty())
    patched.change += fmt::format("{}{} note{}", patched.change.empty() ? "" : ", ", wish.notes.size(),
                                  wish.notes.size() == 1 ? "" : "s");
  if (patched.change.empty()) return patched;
  document["lastUpdate"] = rfc3339(now);
  patched.row.updated = now;
  patched.row.document = to_text(document);
  return patched;
}

}  // namespace faultline::tickets
