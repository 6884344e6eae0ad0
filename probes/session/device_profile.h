// What an SNMP agent has to say about an endpoint, and how to read it: the profile of a kind of device as
// plain data (OIDs, scales, values that mean "none", the metric), which device it fits, and the conversion
// of what an agent answered. Pure. Filled from probes/profiles/*.yaml by daemon/config/device_profiles.h.
#pragma once

#include "probes/session/counter_change.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"
#include "rules/model/round.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::session {

// An object identifier, the parts in order.
using Oid = std::vector<std::uint32_t>;
inline constexpr std::size_t kMaxOidParts = 56;  // of 128 that SNMP allows, so that an index always fits

// "1.3.6.1.2.1.1" or ".1.3.6.1": 1 to kMaxOidParts numbers of 32 bits with dots between. The error says what
// was expected.
Result<Oid> parse_oid(std::string_view text);
std::string oid_text(std::span<const std::uint32_t> oid);
bool is_below(std::span<const std::uint32_t> oid, std::span<const std::uint32_t> ancestor);  // or equal

// What an agent gave for one variable.
struct SnmpValue {
  enum class Kind : std::uint8_t { none, number, text, oid };  // none: no such object or instance, end of MIB
  Kind kind = Kind::none;
  double number = 0;  // any integer, counter or gauge (exact up to 2^53), or an opaque float
  std::string text;   // octets as they came
  Oid oid;
  Count count{};  // of a Counter32 or Counter64, exactly

  bool operator==(const SnmpValue&) const = default;
};
struct SnmpVariable {
  Oid oid;
  SnmpValue value;
};

// Holds if the column's value in the endpoint's row is one of `equals`, or a text that holds `contains`.
struct RowCondition {
  Oid column;
  std::vector<double> equals;
  std::string contains;
};

// One value of a profile. It is read at column + index + suffix, a scalar at its own OID alone.
struct DeviceValue {
  Metric metric = Metric::rsrp_dbm;
  Oid column;  // or the whole instance of a scalar, with its .0
  bool is_scalar = false;
  Oid suffix;  // after the endpoint's index, such as a direction or a fixed sub-row
  // value = raw as two's complement of `bits` / divisor * multiplier + offset
  double divisor = 1;
  double multiplier = 1;
  double offset = 0;
  int bits = 0;                            // 0: as it comes
  std::vector<double> invalid;             // raw numbers that mean "none"
  std::optional<double> minimum, maximum;  // scaled; beyond them it is none
  std::vector<RowCondition> where;
  // Columns of ENTITY-SENSOR-MIB and its kin: digits after the point, and the decimal exponent as
  // SensorDataScale counts it (9 = units, 8 = milli, 10 = kilo). Empty: none.
  Oid precision_column, scale_column;
  // The value is no state but a counter: what changed between two answers, / divisor * multiplier.
  std::optional<Change> change;
  std::vector<Oid> whole;  // of a share: the columns (or instances) that make the whole, this one among them
  // Seconds since this counter began anew, where that is known: a column (or instance) beside the counter.
  // All counters begin anew with the agent, by its sysUpTime.
  Oid age_column;
};

struct DeviceProfile {
  std::string name;
  std::string help;             // which devices, one line
  std::vector<Oid> object_ids;  // prefixes of sysObjectID, one of which must fit; none: any
  Oid has;                      // something of this subtree must be there; empty: nothing
  std::vector<DeviceValue> values;
};
inline constexpr std::size_t kMaxProfileValues = 32;
inline constexpr std::size_t kMaxProfileMetrics = kMetricsPerRound;  // what a round carries

using DeviceProfiles = std::vector<DeviceProfile>;
const DeviceProfile* find_profile(const DeviceProfiles& profiles, std::string_view name);

// The instance at which a value is read for the row `index`.
Oid instance_of(const DeviceValue& value, std::span<const std::uint32_t> index);
// The row of a column's instance, without the suffix; nothing if it is no instance of this value.
std::optional<Oid> index_in(const DeviceValue& value, std::span<const std::uint32_t> instance);

// Everything that must be asked for one row, in order and without doubles; sysUpTime with it if there are
// counters.
std::vector<Oid> instances_of(const DeviceProfile& profile, std::span<const std::uint32_t> index);

// A value of a profile as an agent gave it.
struct Reading {
  Metric metric = Metric::rsrp_dbm;
  Oid instance;
  double value = 0;      // scaled
  bool is_none = false;  // the profile says that this value means "none": not for a round
  // A change. None means only that it is not known of this time (first answer, begun anew): nothing about the
  // row.
  bool is_change = false;
};

// The counters of a row as an agent gave them at one time.
struct CounterLook {
  std::chrono::steady_clock::time_point at;
  std::optional<double> up_seconds;  // sysUpTime
  std::vector<std::pair<Oid, Count>> counts;
};
CounterLook look_at(const DeviceProfile& profile, std::span<const std::uint32_t> index,
                    std::span<const SnmpVariable> answers, std::chrono::steady_clock::time_point at);

// What the answers hold for the profile at this row: the first value of a metric that is not none wins, later
// ones of the same metric are left out. Changes are those since `former`; null: none is known yet.
std::vector<Reading> readings_of(const DeviceProfile& profile, std::span<const std::uint32_t> index,
                                 std::span<const SnmpVariable> answers, const CounterLook* former = nullptr,
                                 Duration elapsed = {});

// The number at the start of a text: "-98", "6.7", "4.94 dBm". Nothing for "not-available" or "".
std::optional<double> number_in(std::string_view text);

}  // namespace faultline::session
