#include "daemon/tickets/tmf_document.h"

#include "daemon/tickets/book.h"
#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace faultline::tickets {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxHistory = 200;  // status changes kept

template <typename T>
json::object characteristic(std::string_view type, std::string_view key, const T& value) {
  return {{"@type", fmt::format("{}Characteristic", type)}, {"name", key}, {"value", value}};
}

json::array& array_field(json::object& document, std::string_view field) {
  json::value& slot = document[field];
  if (!slot.is_array()) slot.emplace_array();
  return slot.get_array();
}

// Replaces the characteristic with that name, or adds it.
void put_characteristic(json::object& document, json::object item) {
  json::array& all = array_field(document, "troubleTicketCharacteristic");
  for (json::value& known : all) {
    if (known.is_object() && text_of(known.get_object(), "name") == text_of(item, "name")) {
      known = std::move(item);
      return;
    }
  }
  all.emplace_back(std::move(item));
}

const json::value* characteristic_value(const json::object& document, std::string_view key) {
  const json::value* all = document.if_contains("troubleTicketCharacteristic");
  if (all == nullptr || !all->is_array()) return nullptr;
  for (const json::value& item : all->get_array())
    if (item.is_object() && text_of(item.get_object(), "name") == key)
      return item.get_object().if_contains("value");
  return nullptr;
}

double rounded(double ratio) {
  return std::isfinite(ratio) ? std::round(ratio * 1000) / 1000 : 0;
}

std::string_view priority_of(Severity severity) {
  constexpr std::array<std::string_view, 4> kPriorities = {"Critical", "High", "Medium", "Low"};
  return kPriorities[static_cast<std::size_t>(severity)];
}

json::array related_entities(const TicketDraft& draft) {
  json::array all;
  for (const Affected& thing : draft.affected) {
    json::object entity{
        {"@type", "EntityRef"}, {"id", thing.name}, {"name", thing.name}, {"@referredType", thing.type}};
    all.push_back(
        json::object{{"@type", "RelatedEntity"}, {"role", thing.role}, {"entity", std::move(entity)}});
  }
  return all;
}

json::array relationships(const TicketDraft& draft) {
  json::array all;
  for (const Relation& relation : draft.relations)
    all.push_back(json::object{{"@type", "TroubleTicketRelationship"},
                               {"id", relation.key},
                               {"href", fmt::format("{}/{}", kTicketPath, relation.key)},
                               {"@referredType", "TroubleTicket"},
                               {"relationshipType", relation.type}});
  return all;
}

void put_characteristics(json::object& document, const TicketDraft& draft) {
  const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  put_characteristic(document, characteristic("Integer", "customersAffected", number(draft.customers)));
  put_characteristic(document,
                     characteristic("Integer", "endpointsAffected", number(draft.affected_endpoints)));
  put_characteristic(document, characteristic("Integer", "complaints", number(draft.complaints)));
  put_characteristic(document, characteristic("Integer", "reopens", number(draft.reopens)));
  put_characteristic(document, characteristic("Integer", "incidentRevision", number(draft.revision)));
  put_characteristic(document, characteristic("String", "incidentState", name(draft.state)));
  put_characteristic(document, characteristic("String", "onset", rfc3339(draft.onset)));
  put_characteristic(document, characteristic("Number", "confidence", rounded(draft.confidence)));
  if (!draft.cause) return;
  put_characteristic(document, characteristic("String", "likelyCause", name(*draft.cause)));
  put_characteristic(document,
                     characteristic("Number", "likelyCauseProbability", rounded(draft.cause_probability)));
}

bool is_own(const json::value& note) {
  return note.is_object() && text_of(note.get_object(), "author") == kOwnAuthor;
}

std::int64_t next_note_id(const json::array& notes) {
  std::int64_t highest = 0;
  for (const json::value& note : notes) {
    if (!note.is_object()) continue;
    const std::string_view id = text_of(note.get_object(), "id");
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error == std::errc() && end == id.data() + id.size()) highest = std::max(highest, number);
  }
  return highest + 1;
}

}  // namespace

std::string_view text_of(const json::object& document, std::string_view field) {
  const json::value* value = document.if_contains(field);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

json::object parse_document(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object() || text_of(value.get_object(), "@type") != "TroubleTicket" ||
      !status_from_name(text_of(value.get_object(), "status")))
    throw std::invalid_argument("the ticket book holds a document that is not a TroubleTicket");
  return std::move(value.get_object());
}

json::object new_document(const TicketDraft& draft) {
  json::object document{
      {"@type", "TroubleTicket"},
      {"id", draft.key},
      {"href", fmt::format("{}/{}", kTicketPath, draft.key)},
      {"externalIdentifier", json::array{json::object{{"@type", "ExternalIdentifier"},
                                                      {"owner", kOwnAuthor},
                                                      {"externalIdentifierType", "incident"},
                                                      {"id", draft.key}}}},
      {"ticketType", "incident"},
      {"creationDate", rfc3339(draft.at)}};
  refresh(document, draft);
  return document;
}

void refresh(json::object& document, const TicketDraft& draft) {
  document["name"] = draft.title;
  document["description"] = draft.description;
  document["severity"] = name(draft.severity);
  document["priority"] = priority_of(draft.severity);
  document["lastUpdate"] = rfc3339(draft.at);
  document["relatedEntity"] = related_entities(draft);
  document["troubleTicketRelationship"] = relationships(draft);
  put_characteristics(document, draft);
}

void set_status(json::object& document, Status status, Timestamp at, std::string_view reason,
                bool by_person) {
  const std::string when = rfc3339(at);
  document["status"] = name(status);
  document["statusChangeDate"] = when;
  document["statusChangeReason"] = reason;
  json::array& history = array_field(document, "statusChangeHistory");
  history.push_back(json::object{{"@type", "StatusChange"},
                                 {"status", name(status)},
                                 {"statusChangeDate", when},
                                 {"statusChangeReason", reason}});
  if (history.size() > kMaxHistory) history.erase(history.begin());
  if (status == Status::resolved)
    document["resolutionDate"] = when;
  else if (status != Status::closed)
    document.erase("resolutionDate");
  put_characteristic(document, characteristic("String", "statusSetBy", by_person ? "person" : kOwnAuthor));
}

Status status_of(const json::object& document) {
  return status_from_name(text_of(document, "status")).value_or(Status::acknowledged);
}

bool is_set_by_person(const json::object& document) {
  const json::value* value = characteristic_value(document, "statusSetBy");
  return value != nullptr && value->is_string() && value->get_string() == "person";
}

void add_note(json::object& document, std::string_view author, std::string_view text, Timestamp at) {
  json::array& notes = array_field(document, "note");
  if (notes.size() >= kMaxNotes) {
    // The first own note says how the ticket was opened and stays.
    auto oldest = std::find_if(notes.begin(), notes.end(), is_own);
    if (oldest != notes.end()) oldest = std::find_if(oldest + 1, notes.end(), is_own);
    if (oldest != notes.end()) notes.erase(oldest);
  }
  notes.push_back(json::object{{"@type", "Note"},
                               {"id", std::to_string(next_note_id(notes))},
                               {"author", author},
                               {"date", rfc3339(at)},
                               {"text", text}});
}

bool has_latest_own_note(const json::object& document, std::string_view text, Timestamp at) {
  const json::value* notes = document.if_contains("note");
  if (notes == nullptr || !notes->is_array()) return false;
  const json::array& all = notes->get_array();
  for (auto it = all.rbegin(); it != all.rend(); ++it)
    if (is_own(*it))
      return text_of(it->get_object(), "text") == text && text_of(it->get_object(), "date") == rfc3339(at);
  return false;
}

std::int64_t count_telling(json::object& document) {
  const json::value* known = characteristic_value(document, "tellings");
  const std::int64_t next = (known != nullptr && known->is_int64() ? known->get_int64() : 0) + 1;
  put_characteristic(document, characteristic("Integer", "tellings", next));
  return next;
}

}  // namespace faultline::tickets
