#include "daemon/alarms/tmf642_document.h"

#include "daemon/alarms/alertmanager.h"
#include "daemon/alarms/mapping.h"
#include "daemon/json/json_text.h"
#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace faultline::alarms {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> kSeverities = {"critical", "major",         "minor",
                                                         "warning",  "indeterminate", "cleared"};
constexpr std::array<std::string_view, 3> kStates = {"raised", "updated", "cleared"};
constexpr std::array<std::string_view, 6> kNeeded = {
    "alarmType", "perceivedSeverity", "probableCause", "sourceSystemId", "state", "alarmRaisedTime"};
constexpr std::array<std::string_view, 20> kTexts = {"ackState",
                                                     "ackSystemId",
                                                     "ackUserId",
                                                     "alarmDetails",
                                                     "alarmType",
                                                     "alarmedObjectType",
                                                     "clearSystemId",
                                                     "clearUserId",
                                                     "externalAlarmId",
                                                     "perceivedSeverity",
                                                     "probableCause",
                                                     "plannedOutageIndicator",
                                                     "proposedRepairedActions",
                                                     "reportingSystemId",
                                                     "sourceSystemId",
                                                     "specificProblem",
                                                     "state",
                                                     "@type",
                                                     "@baseType",
                                                     "@schemaLocation"};
constexpr std::array<std::string_view, 4> kTimes = {"alarmChangedTime", "alarmClearedTime", "alarmRaisedTime",
                                                    "alarmReportingTime"};
constexpr std::array<std::string_view, 3> kFlags = {"alarmEscalation", "isRootCause", "serviceAffecting"};
constexpr std::array<std::string_view, 5> kLists = {"affectedService", "comment", "correlatedAlarm",
                                                    "parentAlarm", "place"};

DocumentError bad(std::string reason, std::string message = {}) {
  return {400, "invalidBody", std::move(reason), std::move(message)};
}

template <std::size_t N>
std::optional<DocumentError> check_name(const json::object& alarm, std::string_view field,
                                        const std::array<std::string_view, N>& names) {
  const std::string text = text_of(alarm, field);
  if (std::find(names.begin(), names.end(), plain(text)) != names.end()) return std::nullopt;
  return bad(fmt::format("{}: \"{}\" is none of {}", field, text.substr(0, 40), fmt::join(names, ", ")));
}

std::optional<DocumentError> check_types(const json::object& alarm) {
  const auto wrong = [&](const auto& fields, std::string_view expected, auto&& is_good) {
    for (const std::string_view field : fields)
      if (const json::value* value = alarm.if_contains(field); value != nullptr && !is_good(*value))
        return std::optional(bad(fmt::format("{}: expected {}", field, expected)));
    return std::optional<DocumentError>();
  };
  if (auto error = wrong(kTexts, "a string", [](const json::value& v) { return v.is_string(); }))
    return error;
  if (auto error = wrong(kTimes, "a time as in RFC 3339: \"2026-11-24T02:00:00Z\"", [](const json::value& v) {
        return v.is_string() && parse_rfc3339(std::string_view(v.get_string()));
      }))
    return error;
  if (auto error = wrong(kFlags, "true or false", [](const json::value& v) { return v.is_bool(); }))
    return error;
  return wrong(kLists, "an array", [](const json::value& v) { return v.is_array(); });
}

}  // namespace

std::string text_of(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<DocumentError> read_object(std::string_view text, json::object& object) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return bad(fmt::format("the body is not JSON: {}", error.message()));
  if (!value.is_object()) return bad("the body is not a JSON object");
  object = std::move(value.get_object());
  return std::nullopt;
}

std::optional<DocumentError> check_alarm(const json::object& alarm) {
  for (const std::string_view field : kNeeded)
    if (text_of(alarm, field).empty())
      return bad(fmt::format("{}: expected a string that is not empty; it is required", field));
  const json::value* object = alarm.if_contains("alarmedObject");
  if (object == nullptr || !object->is_object() || text_of(object->get_object(), "id").empty())
    return bad("alarmedObject: expected an object with an id; it is required");
  if (auto error = check_types(alarm)) return error;
  if (auto error = check_name(alarm, "perceivedSeverity", kSeverities)) return error;
  if (auto error = check_name(alarm, "state", kStates)) return error;
  if (json::serialize(alarm).size() > kMaxDocumentBytes)
    return bad(fmt::format("the alarm has more than {} bytes", kMaxDocumentBytes));
  return std::nullopt;
}

bool is_cleared(const json::object& alarm) {
  return plain(text_of(alarm, "state")) == "cleared" ||
         plain(text_of(alarm, "perceivedSeverity")) == "cleared";
}

void set_cleared(json::object& alarm, Timestamp now) {
  alarm["state"] = "cleared";
  alarm["perceivedSeverity"] = "cleared";
  if (!alarm.contains("alarmClearedTime")) alarm["alarmClearedTime"] = rfc3339(now);
}

std::string identity_of(const json::object& alarm) {
  const std::string source = text_of(alarm, "sourceSystemId"), external = text_of(alarm, "externalAlarmId");
  if (!external.empty()) return fmt::format("{}\x1f{}", source, external);
  const json::value* object = alarm.if_contains("alarmedObject");
  const bool has_object = object != nullptr && object->is_object();
  return fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}", source,
                     has_object ? text_of(object->get_object(), "id") : std::string(),
                     plain(text_of(alarm, "alarmType")), plain(text_of(alarm, "probableCause")),
                     text_of(alarm, "specificProblem"));
}

void merge(json::object& target, const json::object& patch) {
  for (const auto& [key, value] : patch) {
    if (value.is_null()) {
      target.erase(key);
    } else if (value.is_object()) {
      json::value& at = target[key];
      if (!at.is_object()) at = json::object();
      merge(at.get_object(), value.get_object());
    } else {
      target[key] = value;
    }
  }
}

bool has_all(const json::value& value, const json::value& pattern) {
  if (pattern.is_object()) {
    if (!value.is_object()) return false;
    return std::all_of(pattern.get_object().begin(), pattern.get_object().end(), [&](const auto& member) {
      const json::value* at = value.get_object().if_contains(member.key());
      return at != nullptr && has_all(*at, member.value());
    });
  }
  if (value.is_number() && pattern.is_string())  // an id that somebody keeps as text
    return std::string_view(pattern.get_string()) == json::serialize(value);
  return value == pattern;
}

std::string select(const std::string& document, std::string_view fields) {
  json::object whole;
  if (fields.empty() || read_object(document, whole)) return document;
  json::object part;
  const std::string wanted = fmt::format(",id,href,{},", fields);
  for (const auto& [key, value] : whole)
    if (wanted.find(fmt::format(",{},", std::string_view(key))) != std::string::npos) part[key] = value;
  return to_text(part);
}

}  // namespace faultline::alarms
