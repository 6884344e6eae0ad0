// TMF642's Alarm as a JSON document: what is checked, merged and shown. Pure.
#pragma once

#include "rules/model/time.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace faultline::alarms {

struct DocumentError {
  unsigned status = 400;
  std::string code, reason, message;
};

// The object in the text, or why there is none.
std::optional<DocumentError> read_object(std::string_view text, boost::json::object& object);
// What is wrong with an alarm: attributes that are missing, of another type, or of no known name.
std::optional<DocumentError> check_alarm(const boost::json::object& alarm);
// State or severity says that it is over; and makes both say so, with the time.
bool is_cleared(const boost::json::object& alarm);
void set_cleared(boost::json::object& alarm, Timestamp now);
// X.733: object, type, cause and specific problem; or the source's own number. Severity is not part of it.
std::string identity_of(const boost::json::object& alarm);
// RFC 7386.
void merge(boost::json::object& target, const boost::json::object& patch);
// Every member of `pattern` is in `value` with the same value; numbers and their texts are the same.
bool has_all(const boost::json::value& value, const boost::json::value& pattern);
std::string text_of(const boost::json::object& object, std::string_view field);
// The document with id, href and the named first-level attributes only; all of it if `fields` is empty.
std::string select(const std::string& document, std::string_view fields);

}  // namespace faultline::alarms
