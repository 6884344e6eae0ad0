// Reads the fields of one JSON object, collecting every mistake instead of stopping at the first. Internal to
// the intake.
#pragma once

#include "daemon/complaints/intake.h"
#include "rules/model/time.h"

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::complaints {

// Number of Unicode code points; the text is valid UTF-8 (the JSON parser sees to it).
std::size_t characters(std::string_view utf8);
// RFC 6901: ~ becomes ~0, / becomes ~1; a long one is cut.
std::string escape_pointer(std::string_view token);

class FieldReader {
 public:
  // Problems go to `item`, their pointers below `base` ("" or "/place").
  FieldReader(const boost::json::object& object, std::string base, IntakeItem& item)
      : object_(object), base_(std::move(base)), item_(item) {}

  // null counts as missing in all of these; a value of another type is an error.
  std::optional<std::string> text(std::string_view field, std::size_t max_characters);
  std::optional<Timestamp> time(std::string_view field);
  std::optional<double> number(std::string_view field, double lowest, double highest);
  const boost::json::object* object(std::string_view field);

  void require(std::string_view field, bool is_there, std::string_view expected);
  void error(std::string_view field, std::string expected);
  void warn(std::string_view field, std::string expected);
  // Every field that nobody has asked for is warned about. Call last.
  void warn_unknown();
  bool has_error(std::string_view field) const;

 private:
  const boost::json::value* value(std::string_view field);
  std::string pointer(std::string_view field) const;

  const boost::json::object& object_;
  std::string base_;
  IntakeItem& item_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace faultline::complaints
