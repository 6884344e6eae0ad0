#include "tests/lab/scenario_values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace faultline::lab {
namespace {

// A decimal number, and what stands behind it.
std::optional<std::pair<double, std::string_view>> number_and_unit(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return std::pair(value, text.substr(static_cast<std::size_t>(end - text.data())));
}

tl::unexpected<Error> expected(std::string_view text, std::string_view what) {
  return fail(fmt::format("\"{}\" (expected {})", text, what));
}

}  // namespace

Result<Duration> parse_clock(std::string_view text) {
  constexpr std::string_view kWhat = "a time since the start as mm:ss or hh:mm:ss";
  std::array<long, 3> parts{};
  std::size_t count = 0;
  std::string_view rest = text;
  for (;; ++count) {
    const std::string_view part = rest.substr(0, rest.find(':'));
    if (count == parts.size() || part.empty() || part.size() > 2) return expected(text, kWhat);
    const auto value = parse_whole(part, 0, 99);
    if (!value) return expected(text, kWhat);
    parts[count] = *value;
    if (part.size() == rest.size()) break;
    rest.remove_prefix(part.size() + 1);
  }
  if (count == 0 || parts[count] > 59 || (count == 2 && parts[1] > 59)) return expected(text, kWhat);
  long seconds = 0;
  for (std::size_t i = 0; i <= count; ++i) seconds = seconds * 60 + parts[i];
  return std::chrono::seconds(seconds);
}

Result<Duration> parse_span(std::string_view text) {
  constexpr std::string_view kWhat = "a time span with a unit, as 40ms, 60s or 5min";
  const auto parsed = number_and_unit(text);
  if (!parsed || parsed->first < 0 || parsed->first > 1e6) return expected(text, kWhat);
  const std::string_view unit = parsed->second;
  const double scale = unit == "us" ? 1 : unit == "ms" ? 1e3 : unit == "s" ? 1e6 : unit == "min" ? 60e6 : 0;
  if (scale == 0) return expected(text, kWhat);
  return Duration(std::llround(parsed->first * scale));
}

Result<double> parse_percent(std::string_view text) {
  const auto parsed = number_and_unit(text);
  if (!parsed || parsed->second != "%" || parsed->first < 0 || parsed->first > 100)
    return expected(text, "0% to 100%");
  return parsed->first / 100;
}

Result<double> parse_decibel(std::string_view text) {
  const auto parsed = number_and_unit(text);
  if (!parsed || parsed->second != "dB" || std::abs(parsed->first) > 100)
    return expected(text, "a change in dB, as -12dB");
  return parsed->first;
}

Result<double> parse_metres(std::string_view text) {
  const auto parsed = number_and_unit(text);
  const double scale = !parsed ? 0 : parsed->second == "m" ? 1 : parsed->second == "km" ? 1000 : 0;
  if (scale == 0 || parsed->first < 0 || parsed->first * scale > 1e6)
    return expected(text, "a distance, as 300m or 2km");
  return parsed->first * scale;
}

Result<long> parse_whole(std::string_view text, long lowest, long highest) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < lowest || value > highest)
    return expected(text, fmt::format("a whole number from {} to {}", lowest, highest));
  return value;
}

}  // namespace faultline::lab
