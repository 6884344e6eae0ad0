#include "daemon/tickets/tmf_api.h"

#include "daemon/json/json_text.h"
#include "daemon/tickets/book.h"
#include "daemon/tickets/tmf_document.h"
#include "daemon/tickets/tmf_patch.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace faultline::tickets {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxFilterValues = 100;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

std::optional<std::size_t> number(std::string_view text, std::size_t highest) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > highest) return std::nullopt;
  return value;
}

TmfAnswer database_trouble(const Error& error) {
  return tmf_error(503, "storeUnavailable", "the ticket book cannot be read or written now", error.message);
}

TmfAnswer not_found(std::string_view id) {
  return tmf_error(404, "notFound", fmt::format("there is no ticket {}", id.substr(0, 60)));
}

struct ListQuery {
  store::TicketFilter filter;
  std::optional<std::vector<std::string>> keys;  // of externalIdentifier
  std::string fields;
};

// The error, or nothing.
std::optional<std::string> read_parameter(std::string_view key, const std::string& value, ListQuery& query) {
  if (key == "fields") {
    query.fields = value;
  } else if (key == "offset") {
    const auto offset = number(value, 1'000'000'000);
    if (!offset) return "offset: expected a whole number from 0";
    query.filter.offset = *offset;
  } else if (key == "limit") {
    const auto limit = number(value, kMaxListLimit);
    if (!limit) return fmt::format("limit: expected a whole number from 0 to {}", kMaxListLimit);
    query.filter.limit = *limit;
  } else if (key == "status") {
    query.filter.statuses = split(value);
    for (const std::string& status : query.filter.statuses)
      if (!status_from_name(status))
        return fmt::format("status: \"{}\" is none of {}", status.substr(0, 40),
                           fmt::join(kStatusNames, ", "));
  } else if (key == "externalIdentifier" || key == "externalIdentifier.id") {
    query.keys = split(value);
    if (query.keys->size() > kMaxFilterValues)
      return fmt::format("externalIdentifier: at most {} values", kMaxFilterValues);
  } else {
    return fmt::format(
        "{}: this filter is not offered; status, externalIdentifier, fields, offset, limit are",
        key.substr(0, 60));
  }
  return std::nullopt;
}

Result<store::TicketPage> find_keys(store::Database& db, const ListQuery& query) {
  store::TicketPage page;
  std::vector<std::string> keys = *query.keys;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const std::string& key : keys) {
    auto row = store::find_ticket(db, key);
    if (!row) return tl::make_unexpected(row.error());
    const auto& wanted = query.filter.statuses;
    if (!*row || (!wanted.empty() && std::find(wanted.begin(), wanted.end(), (*row)->status) == wanted.end()))
      continue;
    page.rows.push_back(std::move(**row));
  }
  page.total = page.rows.size();
  std::stable_sort(page.rows.begin(), page.rows.end(),
                   [](const auto& a, const auto& b) { return a.created > b.created; });
  const auto offset = static_cast<std::ptrdiff_t>(std::min(query.filter.offset, page.rows.size()));
  page.rows.erase(page.rows.begin(), page.rows.begin() + offset);
  if (page.rows.size() > query.filter.limit) page.rows.resize(query.filter.limit);
  return page;
}

TmfAnswer list(const TmfRequest& request, store::Database& db) {
  ListQuery query;
  for (const auto& [key, value] : request.query)
    if (auto wrong = read_parameter(key, value, query)) return tmf_error(400, "invalidQuery", *wrong);
  auto page = query.keys ? find_keys(db, query) : store::list_tickets(db, query.filter);
  if (!page) return database_trouble(page.error());
  TmfAnswer answer;
  answer.body = "[";
  for (const store::TicketRow& row : page->rows) {
    if (answer.body.size() > 1) answer.body += ',';
    answer.body += select_fields(row.document, query.fields);
  }
  answer.body += "]";
  answer.headers.emplace_back("X-Total-Count", std::to_string(page->total));
  answer.headers.emplace_back("X-Result-Count", std::to_string(page->rows.size()));
  return answer;
}

TmfAnswer get(const TmfRequest& request, store::Database& db) {
  std::string fields;
  for (const auto& [key, value] : request.query) {
    if (key != "fields")
      return tmf_error(400, "invalidQuery",
                       fmt::format("{}: only fields is offered here", key.substr(0, 60)));
    fields = value;
  }
  auto row = store::find_ticket(db, request.id);
  if (!row) return database_trouble(row.error());
  if (!*row) return not_found(request.id);
  TmfAnswer answer;
  answer.body = select_fields((*row)->document, fields);
  return answer;
}

bool is_json(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return type.empty() || type == "application/json" || type == "application/merge-patch+json";
}

TmfAnswer patch_ticket(const TmfRequest& request, store::Database& db, Timestamp now) {
  if (!is_json(request.content_type))
    return tmf_error(415, "unsupportedMediaType",
                     "expected application/merge-patch+json or application/json");
  auto row = store::find_ticket(db, request.id);
  if (!row) return database_trouble(row.error());
  if (!*row) return not_found(request.id);
  auto outcome = patch(**row, request.body, request.caller, now);
  if (const auto* refusal = std::get_if<PatchRefusal>(&outcome))
    return tmf_error(refusal->status, refusal->code, refusal->reason, refusal->message);
  const Patched& patched = std::get<Patched>(outcome);
  TmfAnswer answer;
  answer.body = patched.row.document;
  if (patched.change.empty()) return answer;
  auto written = store::update_ticket(db, patched.row);
  if (!written) return database_trouble(written.error());
  if (!*written) return tmf_error(409, "conflict", "the ticket was changed meanwhile; read it again");
  answer.changed_id = patched.row.id;
  answer.change_text = patched.change;
  return answer;
}

TmfAnswer not_allowed(bool is_collection) {
  TmfAnswer answer = tmf_error(405, "methodNotAllowed", "tickets are made and ended by Faultline alone");
  answer.headers.emplace_back("Allow", is_collection ? "GET, HEAD" : "GET, HEAD, PATCH");
  return answer;
}

}  // namespace

TmfAnswer tmf_error(unsigned status, std::string_view code, std::string_view reason,
                    std::string_view message) {
  TmfAnswer answer;
  answer.status = status;
  json::object body{
      {"@type", "Error"}, {"code", code}, {"reason", reason}, {"status", std::to_string(status)}};
  if (!message.empty()) body["message"] = message;
  answer.body = to_text(body);
  return answer;
}

std::string select_fields(const std::string& document, std::string_view fields) {
  if (fields.empty()) return document;
  const json::object whole = parse_document(document);
  std::vector<std::string> wanted = split(fields);
  for (std::string& field : wanted) field = field.substr(0, field.find('.'));
  constexpr std::array<std::string_view, 3> kAlways = {"@type", "id", "href"};
  json::object part;
  for (const auto& [key, value] : whole) {
    const std::string_view field = key;
    const bool always = std::find(kAlways.begin(), kAlways.end(), field) != kAlways.end();
    if (always || std::find(wanted.begin(), wanted.end(), field) != wanted.end()) part[key] = value;
  }
  return to_text(part);
}

TmfAnswer handle(const TmfRequest& request, store::Database& db, Timestamp now) {
  try {
    if (request.method == "GET" || request.method == "HEAD")
      return request.id.empty() ? list(request, db) : get(request, db);
    if (request.method == "PATCH" && !request.id.empty()) return patch_ticket(request, db, now);
    return not_allowed(request.id.empty());
  } catch (const std::invalid_argument& damaged) {
    return tmf_error(500, "damaged", damaged.what());
  }
}

Result<TicketSummary> summary(const store::TicketRow& row) {
  TicketSummary s{row.id, row.incident.value_or(0), row.status, row.severity, {}, row.created, row.updated,
                  {}};
  try {
    const json::object document = parse_document(row.document);
    s.title = text_of(document, "name");
    if (const json::value* notes = document.if_contains("note"); notes != nullptr && notes->is_array())
      for (const json::value& note : notes->get_array())
        if (note.is_object()) s.notes.emplace_back(text_of(note.get_object(), "text"));
  } catch (const std::invalid_argument& damaged) {
    return fail(fmt::format("ticket {}: {}", row.id, damaged.what()));
  }
  return s;
}

}  // namespace faultline::tickets
