// The settings of a probe kind: what there is to set (OptionSpec, data in the probe's own file) and the
// values that a configuration gave (ProbeOptions). The configuration reader checks one against the other, so
// that a new probe's settings need no code outside its file.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace faultline {

enum class OptionType : std::uint8_t { duration, integer, number, text, flag, choice };

struct OptionSpec {
  std::string_view name;
  OptionType type = OptionType::text;
  std::string_view fallback;  // as it would stand in YAML: "10s", "5", "auto"; an empty text is allowed
  double minimum = 0;         // durations in seconds
  double maximum = 0;         // minimum == maximum: no limits
  std::string_view choices;   // for `choice`: the words, separated by spaces
  std::string_view help;      // one line, with the unit
};

using OptionValue = std::variant<Duration, std::int64_t, double, std::string, bool>;

// Reads one value as it stands in YAML. The error says what was expected: "\"5\" has no unit (try 5s)",
// "500 is more than 255", "\"fast\" is none of: auto raw unprivileged".
Result<OptionValue> parse_option(const OptionSpec& spec, std::string_view text);

// "10s", "250ms", "5m", "2h", "1d"; at least one digit and exactly one unit.
Result<Duration> parse_duration(std::string_view text);

class ProbeOptions {
 public:
  // Every option at its fallback.
  static ProbeOptions defaults(std::span<const OptionSpec> specs);

  void set(std::string_view name, OptionValue value);
  // The getters throw std::out_of_range / std::bad_variant_access on a name or type that the spec does not
  // have: a bug.
  Duration duration(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  const std::string& text(std::string_view name) const;  // also for `choice`
  bool flag(std::string_view name) const;

  bool operator==(const ProbeOptions&) const = default;

 private:
  std::map<std::string, OptionValue, std::less<>> values_;
};

}  // namespace faultline
