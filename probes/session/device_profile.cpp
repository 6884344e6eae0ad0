#include "probes/session/device_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace faultline::session {
namespace {

constexpr double kScaleUnits = 9;  // SensorDataScale of RFC 3433: yocto 1 … units 9 … yotta 17
constexpr double kMostExact = 9'007'199'254'740'992;  // 2^53
const Oid kUpTime = {1, 3, 6, 1, 2, 1, 1, 3, 0};
constexpr double kTicksPerSecond = 100;

const SnmpValue* find_value(std::span<const SnmpVariable> answers, const Oid& instance) {
  const auto found =
      std::find_if(answers.begin(), answers.end(), [&](const SnmpVariable& v) { return v.oid == instance; });
  return found == answers.end() ? nullptr : &found->value;
}

std::optional<double> number_of(const SnmpValue* value) {
  if (value == nullptr) return std::nullopt;
  if (value->kind == SnmpValue::Kind::number && std::isfinite(value->number)) return value->number;
  if (value->kind == SnmpValue::Kind::text) return number_in(value->text);
  return std::nullopt;
}

Oid joined(std::span<const std::uint32_t> column, std::span<const std::uint32_t> index) {
  Oid oid(column.begin(), column.end());
  oid.insert(oid.end(), index.begin(), index.end());
  return oid;
}

bool holds(const RowCondition& condition, std::span<const std::uint32_t> index,
           std::span<const SnmpVariable> answers) {
  const SnmpValue* value = find_value(answers, joined(condition.column, index));
  if (value == nullptr) return false;
  if (!condition.contains.empty())
    return value->kind == SnmpValue::Kind::text && value->text.find(condition.contains) != std::string::npos;
  const auto number = number_of(value);
  return number &&
         std::find(condition.equals.begin(), condition.equals.end(), *number) != condition.equals.end();
}

// A column beside the value's own, in the same row.
Oid beside(const DeviceValue& value, const Oid& column, std::span<const std::uint32_t> index) {
  if (value.is_scalar) return column;
  Oid oid = joined(column, index);
  oid.insert(oid.end(), value.suffix.begin(), value.suffix.end());
  return oid;
}

bool is_asked(const DeviceValue& value, std::span<const std::uint32_t> index) {
  return value.is_scalar || !index.empty();
}

double as_signed(double raw, int bits) {
  const double whole = std::exp2(bits);
  return bits > 0 && raw >= whole / 2 && raw < whole ? raw - whole : raw;
}

// What the row's own columns say of the scale: 10 to this power is the divisor. Nothing if it is absurd.
std::optional<double> exponent_of(const DeviceValue& value, std::span<const std::uint32_t> index,
                                  std::span<const SnmpVariable> answers) {
  double exponent = 0;
  if (!value.precision_column.empty()) {
    const auto digits = number_of(find_value(answers, joined(value.precision_column, index)));
    if (!digits) return std::nullopt;
    exponent += *digits;
  }
  if (!value.scale_column.empty()) {
    const auto scale = number_of(find_value(answers, joined(value.scale_column, index)));
    if (!scale) return std::nullopt;
    exponent -= 3 * (*scale - kScaleUnits);
  }
  if (exponent < -30 || exponent > 30) return std::nullopt;
  return exponent;
}

bool is_invalid(const DeviceValue& value, double raw) {
  return std::find(value.invalid.begin(), value.invalid.end(), raw) != value.invalid.end();
}
bool is_beyond(const DeviceValue& value, double scaled) {
  return (value.minimum && scaled < *value.minimum) || (value.maximum && scaled > *value.maximum) ||
         !std::isfinite(scaled);
}

std::optional<Reading> read(const DeviceValue& value, std::span<const std::uint32_t> index,
                            std::span<const SnmpVariable> answers) {
  Reading reading;
  reading.metric = value.metric;
  reading.instance = instance_of(value, index);
  const auto raw = number_of(find_value(answers, reading.instance));
  if (!raw) return std::nullopt;
  const auto exponent = exponent_of(value, index, answers);
  if (!exponent) return std::nullopt;
  // A division by a power of ten is exact where a multiplication by its inverse is not.
  const double divisor = *exponent >= 0 ? value.divisor * std::pow(10, *exponent) : value.divisor;
  const double multiplier = *exponent >= 0 ? value.multiplier : value.multiplier * std::pow(10, -*exponent);
  reading.value = as_signed(*raw, value.bits) / divisor * multiplier + value.offset;
  reading.is_none = is_invalid(value, *raw) || is_beyond(value, reading.value);
  return reading;
}

std::optional<Count> count_of(const SnmpValue* value) {
  if (value != nullptr && value->count.bits > 0) return value->count;
  const auto number = number_of(value);  // an agent that has a Gauge or a text for it
  if (!number || *number < 0 || *number > kMostExact) return std::nullopt;
  return Count{static_cast<std::uint64_t>(*number), 0};
}

std::optional<double> up_seconds_of(std::span<const SnmpVariable> answers) {
  const auto ticks = number_of(find_value(answers, kUpTime));
  return ticks ? std::optional(*ticks / kTicksPerSecond) : std::nullopt;
}

// The counters of one value at two times.
struct Looks {
  const DeviceValue& value;
  std::span<const std::uint32_t> index;
  const CounterLook& former;
  std::span<const SnmpVariable> answers;

  std::optional<Count> before(const Oid& column) const {
    const Oid instance = beside(value, column, index);
    const auto found = std::find_if(former.counts.begin(), former.counts.end(),
                                    [&](const auto& count) { return count.first == instance; });
    return found == former.counts.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Count> now(const Oid& column) const {
    return count_of(find_value(answers, beside(value, column, index)));
  }
  std::optional<std::uint64_t> grown(const Oid& column) const {
    const auto then = before(column), since = now(column);
    return then && since ? growth(*then, *since) : std::nullopt;
  }
};

bool has_begun_anew(const Looks& looks, double seconds) {
  const auto up = up_seconds_of(looks.answers);
  if (up && looks.former.up_seconds && began_anew(*looks.former.up_seconds, *up, seconds)) return true;
  if (looks.value.age_column.empty()) return false;
  const auto then = looks.before(looks.value.age_column), now = looks.now(looks.value.age_column);
  return !then || !now ||
         began_anew(static_cast<double>(then->value), static_cast<double>(now->value), seconds);
}

std::optional<double> changed(const Looks& looks, double seconds) {
  if (has_begun_anew(looks, seconds)) return std::nullopt;
  const auto grown = looks.grown(looks.value.column);
  if (!grown) return std::nullopt;
  double whole = 0;
  for (const Oid& column : looks.value.whole) {
    const auto part = looks.grown(column);
    if (!part) return std::nullopt;
    whole += static_cast<double>(*part);
  }
  return change_of(*looks.value.change, static_cast<double>(*grown), whole, seconds);
}

std::optional<Reading> read_change(const DeviceValue& value, std::span<const std::uint32_t> index,
                                   std::span<const SnmpVariable> answers, const CounterLook* former,
                                   Duration elapsed) {
  Reading reading;
  reading.metric = value.metric;
  reading.instance = instance_of(value, index);
  reading.is_none = reading.is_change = true;
  const auto count = count_of(find_value(answers, reading.instance));
  if (!count || is_invalid(value, static_cast<double>(count->value))) return std::nullopt;
  if (former == nullptr) return reading;
  const auto change = changed({value, index, *former, answers}, to_seconds(elapsed));
  if (!change) return reading;
  reading.value = *change / value.divisor * value.multiplier;
  reading.is_none = is_beyond(value, reading.value);
  return reading;
}

}  // namespace

Result<Oid> parse_oid(std::string_view text) {
  std::string_view rest = text.starts_with('.') ? text.substr(1) : text;
  Oid oid;
  for (bool more = true; more;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, dot);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (part.empty() || error != std::errc() || end != part.data() + part.size())
      return fail(fmt::format("\"{}\" is no object identifier (try 1.3.6.1.2.1.1)", text));
    if (oid.size() == kMaxOidParts)
      return fail(fmt::format("an object identifier has more than {} parts", kMaxOidParts));
    oid.push_back(number);
    more = dot < rest.size();
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  return oid;
}

std::string oid_text(std::span<const std::uint32_t> oid) {
  return fmt::format("{}", fmt::join(oid, "."));
}

bool is_below(std::span<const std::uint32_t> oid, std::span<const std::uint32_t> ancestor) {
  return oid.size() >= ancestor.size() && std::equal(ancestor.begin(), ancestor.end(), oid.begin());
}

const DeviceProfile* find_profile(const DeviceProfiles& profiles, std::string_view name) {
  const auto found =
      std::find_if(profiles.begin(), profiles.end(), [&](const DeviceProfile& p) { return p.name == name; });
  return found == profiles.end() ? nullptr : &*found;
}

Oid instance_of(const DeviceValue& value, std::span<const std::uint32_t> index) {
  return beside(value, value.column, index);
}

std::optional<Oid> index_in(const DeviceValue& value, std::span<const std::uint32_t> instance) {
  if (value.is_scalar)
    return std::equal(instance.begin(), instance.end(), value.column.begin(), value.column.end())
               ? std::optional<Oid>(Oid{})
               : std::nullopt;
  if (!is_below(instance, value.column)) return std::nullopt;
  const auto rest = instance.subspan(value.column.size());
  if (rest.size() <= value.suffix.size()) return std::nullopt;
  const auto index = rest.first(rest.size() - value.suffix.size());
  const auto tail = rest.last(value.suffix.size());
  if (!std::equal(tail.begin(), tail.end(), value.suffix.begin())) return std::nullopt;
  return Oid(index.begin(), index.end());
}

std::vector<Oid> instances_of(const DeviceProfile& profile, std::span<const std::uint32_t> index) {
  std::vector<Oid> all;
  const auto add = [&](Oid oid) {
    if (std::find(all.begin(), all.end(), oid) == all.end()) all.push_back(std::move(oid));
  };
  for (const DeviceValue& value : profile.values) {
    if (!is_asked(value, index)) continue;
    add(instance_of(value, index));
    for (const RowCondition& condition : value.where) add(joined(condition.column, index));
    if (!value.precision_column.empty()) add(joined(value.precision_column, index));
    if (!value.scale_column.empty()) add(joined(value.scale_column, index));
    for (const Oid& column : value.whole) add(beside(value, column, index));
    if (!value.age_column.empty()) add(beside(value, value.age_column, index));
    if (value.change) add(kUpTime);
  }
  return all;
}

CounterLook look_at(const DeviceProfile& profile, std::span<const std::uint32_t> index,
                    std::span<const SnmpVariable> answers, std::chrono::steady_clock::time_point at) {
  CounterLook look;
  look.at = at;
  look.up_seconds = up_seconds_of(answers);
  const auto add = [&](Oid instance) {
    const bool is_known = std::any_of(look.counts.begin(), look.counts.end(),
                                      [&](const auto& count) { return count.first == instance; });
    if (is_known) return;
    if (const auto count = count_of(find_value(answers, instance)))
      look.counts.emplace_back(std::move(instance), *count);
  };
  for (const DeviceValue& value : profile.values) {
    if (!value.change || !is_asked(value, index)) continue;
    add(instance_of(value, index));
    for (const Oid& column : value.whole) add(beside(value, column, index));
    if (!value.age_column.empty()) add(beside(value, value.age_column, index));
  }
  return look;
}

std::vector<Reading> readings_of(const DeviceProfile& profile, std::span<const std::uint32_t> index,
                                 std::span<const SnmpVariable> answers, const CounterLook* former,
                                 Duration elapsed) {
  std::vector<Reading> readings;
  for (const DeviceValue& value : profile.values) {
    const bool applies = is_asked(value, index) &&
                         std::all_of(value.where.begin(), value.where.end(),
                                     [&](const auto& where) { return holds(where, index, answers); });
    if (!applies) continue;
    auto reading =
        value.change ? read_change(value, index, answers, former, elapsed) : read(value, index, answers);
    if (!reading) continue;
    const auto known = std::find_if(readings.begin(), readings.end(),
                                    [&](const Reading& r) { return r.metric == reading->metric; });
    if (known == readings.end())
      readings.push_back(std::move(*reading));
    else if (known->is_none && !known->is_change &&
             !reading->is_none)  // a change is the same counter's next time
      *known = std::move(*reading);
  }
  return readings;
}

std::optional<double> number_in(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start);
  if (text.starts_with('+')) text.remove_prefix(1);
  // "inf", "nan" and hexadecimal are no numbers of a device.
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  // What follows must be a unit, not more of something that is no number, such as 10.1.2.3 or 12:30.
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (!rest.empty() && (rest.front() == '.' || rest.front() == ':' || rest.front() == '-'))
    return std::nullopt;
  return number;
}

}  // namespace faultline::session
