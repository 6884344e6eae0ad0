#include "daemon/config/yaml.h"
#include "probes/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace faultline::config {
namespace {

std::string_view kind_in_words(const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::null:
      return "nothing";
    case YamlKind::scalar:
      return "a single value";
    case YamlKind::list:
      return "a list";
    case YamlKind::map:
      break;
  }
  return "a map";
}

const YamlNode& empty_map() {
  static const YamlNode node = [] {
    YamlNode map;
    map.kind = YamlKind::map;
    return map;
  }();
  return node;
}

// Digits without a leading zero ("010" is 8 to some readers and 10 to others).
bool has_leading_zero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

bool starts_like_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

std::string in_words(Duration duration) {
  const auto us = duration.count();
  if (us % 1'000'000 == 0) return fmt::format("{}s", us / 1'000'000);
  if (us % 1'000 == 0) return fmt::format("{}ms", us / 1'000);
  return fmt::format("{}us", us);
}

}  // namespace

Value::Value(const YamlDocument& document, Problems& problems)
    : node_(&document.root), file_(&document.file), problems_(&problems) {}

void Value::problem(std::string_view message) const {
  problems_->add(*file_, node_->at,
                 path_.empty() ? std::string(message) : fmt::format("{}: {}", path_, message));
}

bool Value::expect_scalar(std::string_view what) const {
  if (is_scalar()) return true;
  problem(fmt::format("expected {}, found {}", what, kind_in_words(*node_)));
  return false;
}

std::optional<std::string> Value::text() const {
  if (!expect_scalar("text")) return std::nullopt;
  if (node_->text.empty()) {
    problem("is empty; give a value or remove the key");
    return std::nullopt;
  }
  return node_->text;
}

std::optional<bool> Value::flag() const {
  if (!expect_scalar("true or false")) return std::nullopt;
  if (node_->text == "true" && !node_->is_quoted) return true;
  if (node_->text == "false" && !node_->is_quoted) return false;
  problem(fmt::format("{} is neither true nor false{}", in_quotes(node_->text),
                      node_->is_quoted ? " (write it without quotes)" : ""));
  return std::nullopt;
}

std::optional<std::int64_t> Value::integer(std::int64_t minimum, std::int64_t maximum) const {
  if (!expect_scalar("a whole number")) return std::nullopt;
  const std::string& text = node_->text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (node_->is_quoted && is_whole) {
    problem(fmt::format("{} is text; write it without quotes", in_quotes(text)));
  } else if (has_leading_zero(text)) {
    problem(fmt::format("{} has a leading zero; write it without", in_quotes(text)));
  } else if (!is_whole) {
    problem(fmt::format("{} is not a whole number", in_quotes(text)));
  } else if (number < minimum) {
    problem(fmt::format("{} is less than {}", number, minimum));
  } else if (number > maximum) {
    problem(fmt::format("{} is more than {}", number, maximum));
  } else {
    return number;
  }
  return std::nullopt;
}

std::optional<double> Value::number(double minimum, double maximum) const {
  if (!expect_scalar("a number")) return std::nullopt;
  const std::string& text = node_->text;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && std::isfinite(number) &&
                         starts_like_number(text);
  if (node_->is_quoted && is_number) {
    problem(fmt::format("{} is text; write it without quotes", in_quotes(text)));
  } else if (has_leading_zero(text)) {
    problem(fmt::format("{} has a leading zero; write it without", in_quotes(text)));
  } else if (!is_number) {
    problem(fmt::format("{} is not a number", in_quotes(text)));
  } else if (number < minimum) {
    problem(fmt::format("{} is less than {}", text, minimum));
  } else if (number > maximum) {
    problem(fmt::format("{} is more than {}", text, maximum));
  } else {
    return number;
  }
  return std::nullopt;
}

std::optional<Duration> Value::duration(Duration minimum, Duration maximum) const {
  if (!expect_scalar("a duration such as 10s")) return std::nullopt;
  const Result<Duration> parsed = parse_duration(node_->text);
  if (!parsed) {
    problem(parsed.error().message);
  } else if (*parsed < minimum) {
    problem(fmt::format("{} is less than {}", node_->text, in_words(minimum)));
  } else if (*parsed > maximum) {
    problem(fmt::format("{} is more than {}", node_->text, in_words(maximum)));
  } else {
    return *parsed;
  }
  return std::nullopt;
}

std::optional<std::size_t> Value::choice(std::span<const std::string_view> words) const {
  if (!expect_scalar("one of: " + listed(words))) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), node_->text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  problem(fmt::format("{} is none of: {}{}", in_quotes(node_->text), listed(words),
                      did_you_mean(node_->text, words)));
  return std::nullopt;
}

std::vector<Value> Value::list() const {
  std::vector<Value> values;
  if (!is_list()) {
    problem(fmt::format("expected a list, found {}", kind_in_words(*node_)));
    return values;
  }
  values.reserve(node_->items.size());
  for (std::size_t i = 0; i < node_->items.size(); ++i)
    values.push_back(Value(node_->items[i], fmt::format("{}[{}]", path_, i), *file_, *problems_));
  return values;
}

Map Value::map() const {
  if (is_map()) return Map(*this);
  if (!is_null()) problem(fmt::format("expected a map, found {}", kind_in_words(*node_)));
  return Map(Value(empty_map(), path_, *file_, *problems_));
}

Map::Map(Value value) : value_(std::move(value)) {}

Map::Map(Map&& other) noexcept
    : value_(other.value_), known_(std::move(other.known_)), reports_(std::exchange(other.reports_, false)) {}

Map::~Map() {
  if (!reports_) return;
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const YamlEntry& entry : value_.node().entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    // No suggestions for problems that nobody will see.
    const std::string hint = value_.problems().is_full() ? std::string() : did_you_mean(entry.key, known);
    value_.problems().add(value_.file(), entry.key_at,
                          fmt::format("{}unknown key {}{}", value_.path().empty() ? "" : value_.path() + ": ",
                                      in_quotes(entry.key), hint));
  }
}

bool Map::has(std::string_view key) const {
  const auto& entries = value_.node().entries;
  return std::any_of(entries.begin(), entries.end(),
                     [&](const YamlEntry& entry) { return entry.key == key; });
}

std::optional<Value> Map::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const YamlEntry& entry : value_.node().entries) {
    if (entry.key != key) continue;
    std::string path = value_.path().empty() ? entry.key : fmt::format("{}.{}", value_.path(), entry.key);
    return Value(entry.value, std::move(path), value_.file(), value_.problems());
  }
  return std::nullopt;
}

std::optional<Value> Map::require(std::string_view key) {
  std::optional<Value> found = find(key);
  if (!found) problem(fmt::format("{} is missing", in_quotes(key)));
  return found;
}

bool Map::read(std::string_view key, std::string& target) {
  const std::optional<Value> value = find(key);
  std::optional<std::string> text = value ? value->text() : std::nullopt;
  if (text) target = std::move(*text);
  return text.has_value();
}

bool Map::read(std::string_view key, bool& target) {
  const std::optional<Value> value = find(key);
  const std::optional<bool> flag = value ? value->flag() : std::nullopt;
  if (flag) target = *flag;
  return flag.has_value();
}

bool Map::read(std::string_view key, double& target, double minimum, double maximum) {
  const std::optional<Value> value = find(key);
  const std::optional<double> number = value ? value->number(minimum, maximum) : std::nullopt;
  if (number) target = *number;
  return number.has_value();
}

bool Map::read(std::string_view key, Duration& target, Duration minimum, Duration maximum) {
  const std::optional<Value> value = find(key);
  const std::optional<Duration> duration = value ? value->duration(minimum, maximum) : std::nullopt;
  if (duration) target = *duration;
  return duration.has_value();
}

std::vector<Value> Map::list(std::string_view key) {
  const std::optional<Value> value = find(key);
  return value ? value->list() : std::vector<Value>();
}

bool Map::read(std::string_view key, std::vector<std::string>& target) {
  const std::optional<Value> value = find(key);
  if (!value || !value->is_list()) {
    if (value) value->list();  // says what is wrong
    return false;
  }
  std::vector<std::string> texts;
  for (const Value& item : value->list())
    if (std::optional<std::string> text = item.text()) texts.push_back(std::move(*text));
  target = std::move(texts);
  return true;
}

std::vector<std::pair<std::string, Value>> Map::entries() {
  std::vector<std::pair<std::string, Value>> entries;
  reports_ = false;  // all of them are known now
  const std::string prefix = value_.path().empty() ? "" : value_.path() + ".";
  for (const YamlEntry& entry : value_.node().entries)
    entries.emplace_back(entry.key, Value(entry.value, prefix + entry.key, value_.file(), value_.problems()));
  return entries;
}

Map Map::map(std::string_view key) {
  const std::optional<Value> value = find(key);
  if (value) return value->map();
  return Map(Value(empty_map(), std::string(key), value_.file(), value_.problems()));
}

}  // namespace faultline::config
