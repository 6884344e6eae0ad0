#include "probes/option.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>

namespace faultline {
namespace {

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr Unit kUnits[] = {{"ms", std::chrono::milliseconds(1)}, {"us", std::chrono::microseconds(1)},
                           {"s", std::chrono::seconds(1)},       {"m", std::chrono::minutes(1)},
                           {"h", std::chrono::hours(1)},         {"d", std::chrono::hours(24)}};

// The whole text as a number, or nothing.
template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return value;
}

bool is_a_word_of(std::string_view words, std::string_view word) {
  if (word.empty() || word.find(' ') != std::string_view::npos) return false;
  return fmt::format(" {} ", words).find(fmt::format(" {} ", word)) != std::string::npos;
}

Result<OptionValue> within_limits(const OptionSpec& spec, std::string_view text, double value,
                                  OptionValue parsed) {
  if (spec.minimum == spec.maximum) return parsed;
  const char* unit = spec.type == OptionType::duration ? "s" : "";
  if (value < spec.minimum) return fail(fmt::format("{} is less than {}{}", text, spec.minimum, unit));
  if (value > spec.maximum) return fail(fmt::format("{} is more than {}{}", text, spec.maximum, unit));
  return parsed;
}

Result<OptionValue> parse_integer(const OptionSpec& spec, std::string_view text) {
  const auto value = parse_number<std::int64_t>(text);
  if (!value) return fail(fmt::format("\"{}\" is not a whole number", text));
  return within_limits(spec, text, static_cast<double>(*value), *value);
}

Result<OptionValue> parse_real(const OptionSpec& spec, std::string_view text) {
  const auto value = parse_number<double>(text);
  if (!value || !std::isfinite(*value)) return fail(fmt::format("\"{}\" is not a number", text));
  return within_limits(spec, text, *value, *value);
}

Result<OptionValue> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return fail(fmt::format("\"{}\" is neither true nor false", text));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_number<std::int64_t>(text.substr(0, digits));
  const auto unit_name = text.substr(digits);
  if (!count) return fail(fmt::format("\"{}\" is not a duration (try 10s)", text));
  if (unit_name.empty()) return fail(fmt::format("\"{}\" has no unit (try {}s)", text, text));
  for (const auto& unit : kUnits) {
    if (unit.name != unit_name) continue;
    if (*count > Duration::max() / unit.length) return fail(fmt::format("{} is too long", text));
    return *count * unit.length;
  }
  return fail(fmt::format("\"{}\" has an unknown unit \"{}\" (us, ms, s, m, h or d)", text, unit_name));
}

Result<OptionValue> parse_option(const OptionSpec& spec, std::string_view text) {
  switch (spec.type) {
    case OptionType::duration: {
      const auto value = parse_duration(text);
      if (!value) return tl::make_unexpected(value.error());
      return within_limits(spec, text, to_seconds(*value), *value);
    }
    case OptionType::integer:
      return parse_integer(spec, text);
    case OptionType::number:
      return parse_real(spec, text);
    case OptionType::flag:
      return parse_flag(text);
    case OptionType::text:
      return std::string(text);
    case OptionType::choice:
      if (is_a_word_of(spec.choices, text)) return std::string(text);
      return fail(fmt::format("\"{}\" is none of: {}", text, spec.choices));
  }
  throw std::logic_error("option type");
}

ProbeOptions ProbeOptions::defaults(std::span<const OptionSpec> specs) {
  ProbeOptions options;
  for (const auto& spec : specs) {
    auto value = parse_option(spec, spec.fallback);
    if (!value) throw std::logic_error(fmt::format("fallback of {}: {}", spec.name, value.error().message));
    options.set(spec.name, std::move(*value));
  }
  return options;
}

void ProbeOptions::set(std::string_view name, OptionValue value) {
  values_.insert_or_assign(std::string(name), std::move(value));
}

namespace {
template <typename T>
const T& value_of(const std::map<std::string, OptionValue, std::less<>>& values, std::string_view name) {
  const auto found = values.find(name);
  if (found == values.end()) throw std::out_of_range(fmt::format("no probe option {}", name));
  return std::get<T>(found->second);
}
}  // namespace

Duration ProbeOptions::duration(std::string_view name) const {
  return value_of<Duration>(values_, name);
}
std::int64_t ProbeOptions::integer(std::string_view name) const {
  return value_of<std::int64_t>(values_, name);
}
double ProbeOptions::number(std::string_view name) const {
  return value_of<double>(values_, name);
}
const std::string& ProbeOptions::text(std::string_view name) const {
  return value_of<std::string>(values_, name);
}
bool ProbeOptions::flag(std::string_view name) const {
  return value_of<bool>(values_, name);
}

}  // namespace faultline
