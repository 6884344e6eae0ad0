#include "daemon/replay/fields.h"

#include "rules/model/time_text.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace faultline::replay {
namespace {

std::string_view view(const boost::json::string& text) {
  return {text.data(), text.size()};
}

}  // namespace

const boost::json::value* Fields::find(std::string_view key) {
  seen_.emplace(key);
  return object_.if_contains(key);
}

void Fields::wrong(std::string_view key, std::string_view what) {
  if (!first_) first_ = Error{fmt::format("{}: {}", key, what)};
}

std::string Fields::text(std::string_view key) {
  if (!has(key)) wrong(key, "is missing");
  return text_or(key, "");
}

std::string Fields::text_or(std::string_view key, std::string_view otherwise) {
  const auto* value = find(key);
  if (value == nullptr) return std::string(otherwise);
  if (const auto* text = value->if_string()) return std::string(view(*text));
  wrong(key, "a text is expected");
  return std::string(otherwise);
}

double Fields::number(std::string_view key, double otherwise, double minimum, double maximum) {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number()) {
    wrong(key, "a number is expected");
    return otherwise;
  }
  const double number = value->to_number<double>();
  if (number >= minimum && number <= maximum) return number;
  wrong(key, fmt::format("{} is not between {} and {}", number, minimum, maximum));
  return otherwise;
}

std::uint64_t Fields::whole(std::string_view key, std::uint64_t otherwise, std::uint64_t maximum) {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  boost::json::error_code failed;
  const auto number = value->is_number() ? value->to_number<std::uint64_t>(failed) : 0;
  if (value->is_number() && !failed && number <= maximum) return number;
  wrong(key, fmt::format("a whole number up to {} is expected", maximum));
  return otherwise;
}

bool Fields::flag(std::string_view key, bool otherwise) {
  const auto* value = find(key);
  if (value == nullptr) return otherwise;
  if (const auto* flag = value->if_bool()) return *flag;
  wrong(key, "true or false is expected");
  return otherwise;
}

Timestamp Fields::time(std::string_view key) {
  if (!has(key)) wrong(key, "is missing");
  return time_if(key).value_or(Timestamp{});
}

std::optional<Timestamp> Fields::time_if(std::string_view key) {
  if (find(key) == nullptr) return std::nullopt;
  const auto time = parse_rfc3339(text_or(key, ""));
  if (!time) wrong(key, "a time like 2026-11-24T02:00:00Z is expected");
  return time;
}

std::size_t Fields::choice(std::string_view key, std::span<const std::string_view> words,
                           std::size_t otherwise) {
  if (find(key) == nullptr) return otherwise;
  const std::string word = text_or(key, "");
  const auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  wrong(key, fmt::format("\"{}\" is none of {}", word, fmt::join(words, ", ")));
  return otherwise;
}

const boost::json::object* Fields::object(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) wrong(key, "an object is expected");
  return value->if_object();
}

const boost::json::array* Fields::list(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) wrong(key, "a list is expected");
  return value->if_array();
}

std::optional<Error> Fields::error() const {
  if (first_) return first_;
  for (const auto& entry : object_)
    if (!seen_.contains(std::string_view(entry.key().data(), entry.key().size())))
      return Error{
          fmt::format("{}: unknown field", std::string_view(entry.key().data(), entry.key().size()))};
  return std::nullopt;
}

}  // namespace faultline::replay
