#include "daemon/alarms/tmf642.h"

#include "daemon/alarms/tmf642_document.h"
#include "daemon/json/json_text.h"
#include "daemon/tickets/tmf_api.h"
#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace faultline::alarms {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLimit = 1000, kDefaultLimit = 100;
// What its source says once and for all.
constexpr std::array<std::string_view, 4> kFixed = {"id", "href", "alarmRaisedTime", "sourceSystemId"};

TmfAlarmAnswer error(unsigned status, std::string_view code, std::string_view reason,
                     std::string_view message = {}) {
  return {status, {}, tickets::tmf_error(status, code, reason, message).body};
}
TmfAlarmAnswer error(const DocumentError& e) {
  return error(e.status, e.code, e.reason, e.message);
}
TmfAlarmAnswer not_found(std::string_view what, std::string_view id) {
  return error(404, "notFound", fmt::format("there is no {} {}", what, id.substr(0, 60)));
}
TmfAlarmAnswer not_stored() {
  TmfAlarmAnswer answer =
      error(503, "storeUnavailable", "the alarm could not be stored now", "Send it again later.");
  answer.headers.emplace_back("Retry-After", "5");
  return answer;
}

std::string href_of(std::string_view resource, std::string_view id) {
  return fmt::format("{}/{}/{}", kTmf642Path, resource, id);
}

json::object parsed(const std::string& document) {
  json::object object;
  static_cast<void>(read_object(document, object));  // it is one of ours
  return object;
}

Report report_of(const std::string& id, const json::object& alarm, Timestamp now) {
  Report report;
  report.source = Source::tmf642;
  report.id = id;
  report.raised = parse_rfc3339(text_of(alarm, "alarmRaisedTime")).value_or(now);
  report.cleared = is_cleared(alarm);
  report.document = to_text(alarm);
  return report;
}

// Answers with the document when it is on disk.
Desk::Done answer_with(unsigned status, std::string document, std::string location, Tmf642::Reply reply) {
  return [status, document = std::move(document), location = std::move(location), reply = std::move(reply)](
             const std::vector<Fate>& fates, const Result<void>& stored) {
    if (!stored) return reply(not_stored());
    if (std::find(fates.begin(), fates.end(), Fate::full) != fates.end())
      return reply(error(503, "full", "too many alarms are on; this one was not taken",
                         "Clear those that are over, or shorten alarms.expire."));
    TmfAlarmAnswer answer{status, {}, document};
    if (!location.empty()) answer.headers.emplace_back("Location", location);
    reply(std::move(answer));
  };
}

struct Window {
  std::size_t offset = 0, limit = kDefaultLimit;
  std::string fields;
};
// The error, or nothing; true in `is_filter` if the parameter is an attribute.
std::optional<std::string> read_window(std::string_view key, const std::string& value, Window& window,
                                       bool& is_filter) {
  is_filter = key != "offset" && key != "limit" && key != "fields";
  if (is_filter) return std::nullopt;
  if (key == "fields") {
    window.fields = value;
    return std::nullopt;
  }
  std::size_t number = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failed != std::errc() || end != value.data() + value.size() || (key == "limit" && number > kMaxLimit))
    return fmt::format("{}: expected a whole number from 0{}", key,
                       key == "limit" ? fmt::format(" to {}", kMaxLimit) : std::string());
  (key == "limit" ? window.limit : window.offset) = number;
  return std::nullopt;
}

TmfAlarmAnswer page(const std::vector<const std::string*>& documents, const Window& window) {
  const std::size_t from = std::min(window.offset, documents.size());
  const std::size_t to = from + std::min(window.limit, documents.size() - from);
  TmfAlarmAnswer answer;
  answer.body = "[";
  for (std::size_t i = from; i < to; ++i) {
    if (i > from) answer.body += ',';
    answer.body += select(*documents[i], window.fields);
  }
  answer.body += "]";
  answer.headers.emplace_back("X-Total-Count", std::to_string(documents.size()));
  answer.headers.emplace_back("X-Result-Count", std::to_string(to - from));
  return answer;
}

// Comma means or.
bool passes(const Fields& fields, const std::map<std::string, std::string, std::less<>>& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const auto& filter) {
    const auto found = fields.find(filter.first);
    return found != fields.end() &&
           fmt::format(",{},", filter.second).find(fmt::format(",{},", found->second)) != std::string::npos;
  });
}

}  // namespace

Tmf642::Tmf642(Desk& desk, std::function<Timestamp()> now) : desk_(desk), now_(std::move(now)) {
  for (const auto& [id, entry] : desk_.all(Source::tmf642)) {
    std::int64_t number = 0;
    std::from_chars(id.data(), id.data() + id.size(), number);
    last_id_ = std::max(last_id_, number);
    if (!entry.cleared) ids_[identity_of(parsed(entry.report.document))] = id;
  }
}

void Tmf642::handle(const TmfAlarmRequest& request, Reply reply) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (request.resource == "clearAlarms") {
    if (is_get) return reply(tasks(request));
    if (request.method == "POST" && request.id.empty()) return clear_by_pattern(request, std::move(reply));
  } else {
    if (is_get) return reply(request.id.empty() ? list(request) : get(request));
    if (request.method == "POST" && request.id.empty()) return create(request, std::move(reply));
    if (request.method == "PATCH" && !request.id.empty()) return patch(request, std::move(reply));
    if (request.method == "DELETE" && !request.id.empty()) return remove(request, reply);
  }
  reply(error(405, "methodNotAllowed", fmt::format("{} is not offered here", request.method)));
}

// Integers, as the specification has them, that grow across restarts: microseconds since 1970.
std::string Tmf642::new_id() {
  last_id_ = std::max(last_id_ + 1, static_cast<std::int64_t>(now_().time_since_epoch().count()));
  return std::to_string(last_id_);
}

const Desk::Entry* Tmf642::find_same(const std::string& identity) const {
  const auto known = ids_.find(identity);
  if (known == ids_.end()) return nullptr;
  const Desk::Entry* entry = desk_.find(Source::tmf642, known->second);
  if (entry == nullptr || entry->cleared) return nullptr;
  return identity_of(parsed(entry->report.document)) == identity ? entry : nullptr;
}

void Tmf642::remember(const std::string& identity, const std::string& id) {
  ids_[identity] = id;
  if (ids_.size() < 2 * desk_.all(Source::tmf642).size() + 100) return;
  std::erase_if(ids_, [this](const auto& known) {
    const Desk::Entry* entry = desk_.find(Source::tmf642, known.second);
    return entry == nullptr || entry->cleared.has_value();
  });
}

void Tmf642::create(const TmfAlarmRequest& request, Reply reply) {
  json::object alarm;
  auto wrong = read_object(request.body, alarm);
  if (!wrong) wrong = check_alarm(alarm);
  if (!wrong && (alarm.contains("id") || alarm.contains("href")))
    wrong = DocumentError{400, "invalidBody", "id and href are given by this server",
                          "Put the source's own number into externalAlarmId."};
  if (wrong) {
    desk_.refuse(Source::tmf642, wrong->reason);
    return reply(error(*wrong));
  }
  const Timestamp now = now_();
  const std::string identity = identity_of(alarm);
  std::string id;
  if (const Desk::Entry* same = find_same(identity)) {
    id = same->report.id;
    json::object known = parsed(same->report.document);
    if (!is_cleared(alarm)) {
      alarm.erase("alarmChangedTime");  // a sender who repeats may stamp anew
      alarm.erase("alarmReportingTime");
      if (!has_all(known, alarm)) {
        desk_.refuse(Source::tmf642, fmt::format("{} again, with another content", id));
        return reply(error(409, "conflict", fmt::format("this alarm is on as {} and says something else", id),
                           fmt::format("PATCH {} to change it.", href_of("alarm", id))));
      }
      alarm = std::move(known);
    } else {
      merge(known, alarm);
      alarm = std::move(known);
      alarm["alarmChangedTime"] = rfc3339(now);
    }
  } else {
    id = new_id();
    alarm["id"] = last_id_;
    alarm["href"] = href_of("alarm", id);
    if (!alarm.contains("alarmReportingTime")) alarm["alarmReportingTime"] = rfc3339(now);
    alarm["alarmChangedTime"] = rfc3339(now);
  }
  if (is_cleared(alarm)) set_cleared(alarm, now);
  Report report = report_of(id, alarm, now);
  const std::string document = report.document;
  auto done = answer_with(201, document, href_of("alarm", id), std::move(reply));
  desk_.submit({std::move(report)}, std::move(done));
  remember(identity, id);
}

void Tmf642::patch(const TmfAlarmRequest& request, Reply reply) {
  const Desk::Entry* entry = desk_.find(Source::tmf642, request.id);
  if (entry == nullptr) return reply(not_found("alarm", request.id));
  json::object changes;
  if (auto wrong = read_object(request.body, changes)) {
    desk_.refuse(Source::tmf642, wrong->reason);
    return reply(error(*wrong));
  }
  json::object alarm = parsed(entry->report.document);
  for (const std::string_view field : kFixed)
    if (const json::value* value = changes.if_contains(field); value != nullptr && *value != alarm[field])
      return reply(error(400, "notPatchable", fmt::format("{}: cannot be patched", field)));
  const json::object before = alarm;
  merge(alarm, changes);
  if (auto wrong = check_alarm(alarm)) {
    desk_.refuse(Source::tmf642, wrong->reason);
    return reply(error(*wrong));
  }
  // One attribute that says "on" after the end would be taken for the end still: the patch must not say it.
  const bool says_on =
      (changes.contains("state") && plain(text_of(changes, "state")) != "cleared") ||
      (changes.contains("perceivedSeverity") && plain(text_of(changes, "perceivedSeverity")) != "cleared");
  if (entry->cleared && says_on)
    return reply(error(409, "conflict", "the alarm is over; that cannot be taken back",
                       "POST a new one if it is there again."));
  const Timestamp now = now_();
  if (is_cleared(alarm)) set_cleared(alarm, now);
  if (alarm != before) alarm["alarmChangedTime"] = rfc3339(now);
  Report report = report_of(request.id, alarm, now);
  const std::string document = report.document;
  const std::string identity = identity_of(alarm);
  desk_.submit({std::move(report)}, answer_with(200, document, {}, std::move(reply)));
  remember(identity, request.id);
}

void Tmf642::remove(const TmfAlarmRequest& request, const Reply& reply) {
  const auto done = [reply](const std::vector<Fate>&, const Result<void>& stored) {
    reply(stored ? TmfAlarmAnswer{204, {}, {}} : not_stored());
  };
  if (!desk_.remove(Source::tmf642, request.id, done)) reply(not_found("alarm", request.id));
}

void Tmf642::clear_by_pattern(const TmfAlarmRequest& request, Reply reply) {
  json::object task;
  if (auto wrong = read_object(request.body, task)) return reply(error(*wrong));
  for (const std::string_view field : {"clearSystemId", "clearUserId"})
    if (text_of(task, field).empty())
      return reply(error(400, "invalidBody", fmt::format("{}: expected a string; it is required", field)));
  if (!parse_rfc3339(text_of(task, "alarmClearedTime")))
    return reply(
        error(400, "invalidBody", "alarmClearedTime: expected a time as in RFC 3339; it is required"));
  // A copy: the task's own moves when it gets more members.
  const json::value* given = task.if_contains("alarmPattern");
  const json::array patterns = given != nullptr && given->is_array() ? given->get_array() : json::array();
  const bool is_good = !patterns.empty() && patterns.size() <= 100 &&
                       std::all_of(patterns.begin(), patterns.end(), [](const json::value& p) {
                         return p.is_object() && !p.get_object().empty();
                       });
  if (!is_good)
    return reply(
        error(400, "invalidBody", "alarmPattern: expected 1 to 100 objects, each with an attribute"));
  const Timestamp now = now_();
  std::vector<Report> reports;
  json::array cleared;
  for (const auto& [id, entry] : desk_.all(Source::tmf642)) {
    if (entry.cleared) continue;
    const json::value whole = parsed(entry.report.document);
    if (std::none_of(patterns.begin(), patterns.end(),
                     [&](const json::value& pattern) { return has_all(whole, pattern); }))
      continue;
    json::object alarm = whole.get_object();
    for (const std::string_view field : {"clearSystemId", "clearUserId", "alarmClearedTime"})
      alarm[field] = task.at(field);
    alarm["alarmChangedTime"] = rfc3339(now);
    set_cleared(alarm, now);
    reports.push_back(report_of(id, alarm, now));
    cleared.push_back(json::object{{"id", alarm["id"]}, {"href", alarm["href"]}});
  }
  const std::string id = new_id();
  task["id"] = id;
  task["href"] = href_of("clearAlarms", id);
  task["state"] = "done";
  task["clearedAlarm"] = std::move(cleared);
  tasks_.push_back({id, to_text(task)});
  if (tasks_.size() > kMostTasks) tasks_.pop_front();
  desk_.submit(std::move(reports),
               answer_with(201, tasks_.back().document, href_of("clearAlarms", id), std::move(reply)));
}

TmfAlarmAnswer Tmf642::list(const TmfAlarmRequest& request) const {
  Window window;
  std::map<std::string, std::string, std::less<>> filters;
  for (const auto& [key, value] : request.query) {
    bool is_filter = false;
    if (auto wrong = read_window(key, value, window, is_filter)) return error(400, "invalidQuery", *wrong);
    if (is_filter) filters.emplace(key, value);
  }
  std::vector<const std::string*> documents;
  const auto& all = desk_.all(Source::tmf642);
  for (auto at = all.rbegin(); at != all.rend(); ++at)
    if (filters.empty() || passes(flat(at->second.report.document), filters))
      documents.push_back(&at->second.report.document);
  return page(documents, window);
}

TmfAlarmAnswer Tmf642::get(const TmfAlarmRequest& request) const {
  for (const auto& [key, value] : request.query)
    if (key != "fields")
      return error(400, "invalidQuery", fmt::format("{}: only fields is offered here", key.substr(0, 60)));
  const Desk::Entry* entry = desk_.find(Source::tmf642, request.id);
  if (entry == nullptr) return not_found("alarm", request.id);
  const auto fields = request.query.find("fields");
  return {200, {}, select(entry->report.document, fields == request.query.end() ? "" : fields->second)};
}

TmfAlarmAnswer Tmf642::tasks(const TmfAlarmRequest& request) const {
  Window window;
  for (const auto& [key, value] : request.query) {
    bool is_filter = false;
    auto wrong = read_window(key, value, window, is_filter);
    if (is_filter)
      wrong = fmt::format("{}: only fields, offset and limit are offered here", key.substr(0, 60));
    if (wrong) return error(400, "invalidQuery", *wrong);
  }
  std::vector<const std::string*> documents;
  for (auto at = tasks_.rbegin(); at != tasks_.rend(); ++at) {
    if (at->id == request.id) return {200, {}, select(at->document, window.fields)};
    documents.push_back(&at->document);
  }
  return request.id.empty() ? page(documents, window) : not_found("task", request.id);
}

}  // namespace faultline::alarms
