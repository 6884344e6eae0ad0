#include "probes/session/device_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace faultline::session {
namespace {

constexpr double kScaleUnits = 9;  // SensorDataScale of RFC 3433: yocto 1 … units 9 … yotta 17

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

std::optional<Reading> read(const DeviceValue& value, std::span<const std::uint32_t> index,
                            std::span<const SnmpVariable> answers) {
  Reading reading;
  reading.metric = value.metric;
  reading.instance = instance_of(value, index);
  const auto raw = number_of(find_value(answers, reading.instance));
  if (!raw) return std::nullopt;
  for (const RowCondition& condition : value.where)
    if (!holds(condition, index, answers)) return std::nullopt;
  const auto exponent = exponent_of(value, index, answers);
  if (!exponent) return std::nullopt;
  // A division by a power of ten is exact where a multiplication by its inverse is not.
  const double divisor = *exponent >= 0 ? value.divisor * std::pow(10, *exponent) : value.divisor;
  const double multiplier = *exponent >= 0 ? value.multiplier : value.multiplier * std::pow(10, -*exponent);
  reading.value = as_signed(*raw, value.bits) / divisor * multiplier + value.offset;
  reading.is_none = std::find(value.invalid.begin(), value.invalid.end(), *raw) != value.invalid.end() ||
                    (value.minimum && reading.value < *value.minimum) ||
                    (value.maximum && reading.value > *value.maximum) || !std::isfinite(reading.value);
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
  if (value.is_scalar) return value.column;
  Oid oid = joined(value.column, index);
  oid.insert(oid.end(), value.suffix.begin(), value.suffix.end());
  return oid;
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
    if (!value.is_scalar && index.empty()) continue;
    add(instance_of(value, index));
    for (const RowCondition& condition : value.where) add(joined(condition.column, index));
    if (!value.precision_column.empty()) add(joined(value.precision_column, index));
    if (!value.scale_column.empty()) add(joined(value.scale_column, index));
  }
  return all;
}

std::vector<Reading> readings_of(const DeviceProfile& profile, std::span<const std::uint32_t> index,
                                 std::span<const SnmpVariable> answers) {
  std::vector<Reading> readings;
  for (const DeviceValue& value : profile.values) {
    if (!value.is_scalar && index.empty()) continue;
    auto reading = read(value, index, answers);
    if (!reading) continue;
    const auto known = std::find_if(readings.begin(), readings.end(),
                                    [&](const Reading& r) { return r.metric == reading->metric; });
    if (known == readings.end())
      readings.push_back(std::move(*reading));
    else if (known->is_none && !reading->is_none)
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
