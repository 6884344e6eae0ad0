#include "probes/wire/pm_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace faultline::wire {
namespace {

using State = PmFile::State;

// One line's fields; `text` moves behind it. False: the text ends within quotes.
bool read_line(std::string_view& text, char separator, std::vector<std::string>& fields) {
  fields.assign(1, {});
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_quoted) {
      if (c != '"')
        fields.back() += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        fields.back() += text[++i];
      else
        is_quoted = false;
    } else if (c == '"') {
      is_quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
    } else if (c == '\n') {
      if (fields.back().ends_with('\r')) fields.back().pop_back();
      text.remove_prefix(i + 1);
      return true;
    } else {
      fields.back() += c;
    }
  }
  text = {};
  return !is_quoted;
}

char separator_of(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  constexpr std::array kSeparators = {',', ';', '\t'};
  return *std::max_element(kSeparators.begin(), kSeparators.end(), [&](char a, char b) {
    return std::count(first.begin(), first.end(), a) < std::count(first.begin(), first.end(), b);
  });
}

void add_object(PmBlock& block, std::size_t object_column, const std::vector<std::string>& fields) {
  if (fields.size() <= object_column || fields[object_column].empty()) return;
  PmObject object;
  object.name = fields[object_column];
  for (std::size_t i = 0; i < std::min(fields.size(), block.counters.size()); ++i) {
    double value = 0;
    const std::string& field = fields[i];
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (i != object_column && error == std::errc() && end == field.data() + field.size() &&
        std::isfinite(value))
      object.values.emplace_back(static_cast<std::uint32_t>(i), value);
  }
  if (!object.values.empty()) block.objects.push_back(std::move(object));
}

}  // namespace

PmFile parse_pm_csv(std::string_view text, std::string_view object) {
  PmFile file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const char separator = separator_of(text);
  std::vector<std::string> fields;
  PmBlock block;
  if (!read_line(text, separator, block.counters)) {
    file.problem = "line 1: a quote is not closed";
    return file;
  }
  const auto column = std::find(block.counters.begin(), block.counters.end(), object);
  if (column == block.counters.end()) {
    file.problem = "line 1: has no column \"" + std::string(object) + '"';
    return file;
  }
  const auto place = static_cast<std::size_t>(column - block.counters.begin());
  while (!text.empty()) {
    if (!read_line(text, separator, fields)) {
      file.problem = "ends within quotes";
      return file;
    }
    add_object(block, place, fields);
  }
  file.blocks.push_back(std::move(block));
  file.state = State::whole;
  return file;
}

}  // namespace faultline::wire
