#include "probes/wire/at_text.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace faultline::wire {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

template <typename Number, typename... Base>
std::optional<Number> number(std::string_view text, Base... base) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base...);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

AtResult at_result(std::string_view answer) {
  for (auto end = answer.find_first_of("\r\n"); end != std::string_view::npos;
       end = answer.find_first_of("\r\n")) {
    const std::string_view line = trimmed(answer.substr(0, end));
    answer.remove_prefix(end + 1);
    if (line == "OK") return AtResult::ok;
    if (line == "ERROR" || line == "COMMAND NOT SUPPORT" || line.starts_with("+CME ERROR:") ||
        line.starts_with("+CMS ERROR:"))
      return AtResult::error;
  }
  return AtResult::unfinished;  // what follows the last line end may be half a line
}

std::vector<std::string_view> lines_of(std::string_view answer, std::string_view prefix) {
  std::vector<std::string_view> lines;
  while (!answer.empty()) {
    const auto end = answer.find_first_of("\r\n");
    const std::string_view line = trimmed(answer.substr(0, end));
    if (line.starts_with(prefix)) lines.push_back(trimmed(line.substr(prefix.size())));
    if (end == std::string_view::npos) break;
    answer.remove_prefix(end + 1);
  }
  return lines;
}

std::string_view first_text(std::string_view answer) {
  for (const std::string_view line : lines_of(answer, ""))
    if (!line.empty() && !line.starts_with("AT") &&
        at_result(std::string(line) + "\r\n") == AtResult::unfinished)
      return line;
  return {};
}

AtFields::AtFields(std::string_view line) {
  constexpr std::size_t kMostFields = 40;
  while (fields_.size() < kMostFields) {
    const auto comma = line.find(',');
    std::string_view field = trimmed(line.substr(0, comma));
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
      field = field.substr(1, field.size() - 2);
    fields_.push_back(field);
    if (comma == std::string_view::npos) break;
    line.remove_prefix(comma + 1);
  }
}

std::string_view AtFields::operator[](std::size_t i) const {
  return i < fields_.size() ? fields_[i] : std::string_view{};
}

void AtFields::drop(std::size_t count) {
  fields_.erase(fields_.begin(), fields_.begin() + static_cast<std::ptrdiff_t>(std::min(count, size())));
}

std::optional<int> integer(std::string_view field) {
  return number<int>(field);
}

std::optional<std::uint32_t> hexadecimal(std::string_view field) {
  return number<std::uint32_t>(field, 16);
}

std::optional<float> level(std::string_view field, LevelRange range) {
  const auto value = number<float>(field, std::chars_format::fixed);
  if (!value || !(*value >= range.low && *value <= range.high)) return std::nullopt;
  return value;
}

std::optional<float> indexed(std::string_view field, int top, float base, float step) {
  const auto n = integer(field);
  if (!n || *n < 1 || *n > top) return std::nullopt;
  return base + step * static_cast<float>(*n);
}

}  // namespace faultline::wire
