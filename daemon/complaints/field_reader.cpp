#include "daemon/complaints/field_reader.h"

#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace faultline::complaints {

namespace {

constexpr std::size_t kMaxPointerToken = 60;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMaxUnknown = 10;  // unknown fields named before "and others"

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
}

}  // namespace

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string escape_pointer(std::string_view token) {
  std::string out;
  for (const char c : token.substr(0, kMaxPointerToken)) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  if (token.size() <= kMaxPointerToken) return out;
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80U) != 0)
    out.pop_back();  // no half character
  return out + "…";
}

std::string FieldReader::pointer(std::string_view field) const {
  return fmt::format("{}/{}", base_, escape_pointer(field));
}

void FieldReader::error(std::string_view field, std::string expected) {
  item_.errors.push_back({pointer(field), std::move(expected)});
}
void FieldReader::warn(std::string_view field, std::string expected) {
  item_.warnings.push_back({pointer(field), std::move(expected)});
}

bool FieldReader::has_error(std::string_view field) const {
  const std::string where = pointer(field);
  return std::any_of(item_.errors.begin(), item_.errors.end(),
                     [&](const Problem& problem) { return problem.pointer == where; });
}

void FieldReader::require(std::string_view field, bool is_there, std::string_view expected) {
  if (!is_there && !has_error(field)) error(field, fmt::format("{}; it is required", expected));
}

const boost::json::value* FieldReader::value(std::string_view field) {
  asked_.emplace(field);
  const boost::json::value* found = object_.if_contains(field);
  return found != nullptr && found->is_null() ? nullptr : found;
}

std::optional<std::string> FieldReader::text(std::string_view field, std::size_t max_characters) {
  const auto* found = value(field);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    error(field, "a string");
    return std::nullopt;
  }
  const std::string_view text = found->get_string();
  if (characters(text) > max_characters) {
    error(field, fmt::format("at most {} characters", max_characters));
    return std::nullopt;
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    error(field, "no control characters");
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<Timestamp> FieldReader::time(std::string_view field) {
  const auto* found = value(field);
  if (found == nullptr) return std::nullopt;
  auto time = found->is_string() ? parse_rfc3339(found->get_string()) : std::nullopt;
  if (!time) error(field, "a time with zone as in RFC 3339: \"2026-11-24T02:00:00Z\"");
  return time;
}

std::optional<double> FieldReader::number(std::string_view field, double lowest, double highest) {
  const auto* found = value(field);
  if (found == nullptr) return std::nullopt;
  boost::system::error_code failed;
  const double number = found->is_number() ? found->to_number<double>(failed) : kNaN;
  if (!failed && std::isfinite(number) && number >= lowest && number <= highest) return number;
  error(field, fmt::format("a number from {} to {}", lowest, highest));
  return std::nullopt;
}

const boost::json::object* FieldReader::object(std::string_view field) {
  const auto* found = value(field);
  if (found == nullptr) return nullptr;
  if (!found->is_object()) {
    error(field, "an object");
    return nullptr;
  }
  return &found->get_object();
}

void FieldReader::warn_unknown() {
  std::size_t unknown = 0;
  for (const auto& member : object_) {
    if (asked_.contains(std::string_view(member.key()))) continue;
    if (++unknown <= kMaxUnknown) warn(member.key(), "no such field; it was ignored");
  }
  if (unknown > kMaxUnknown)
    item_.warnings.push_back(
        {base_, fmt::format("{} more unknown fields were ignored", unknown - kMaxUnknown)});
}

}  // namespace faultline::complaints
