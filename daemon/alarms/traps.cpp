#include "daemon/alarms/traps.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>

namespace faultline::alarms {
namespace {

namespace json = boost::json;

struct Named {
  std::string_view column, name;
};
constexpr std::array kNamed = {
    Named{"1.3.6.1.2.1.2.2.1.1", "ifIndex"}, Named{"1.3.6.1.2.1.2.2.1.2", "ifDescr"},
    Named{"1.3.6.1.2.1.31.1.1.1.1", "ifName"}, Named{"1.3.6.1.2.1.31.1.1.1.18", "ifAlias"}};

Fields fields_of(const session::SnmpTrap& trap) {
  Fields fields{{"trap", session::oid_text(trap.oid)}, {"agent", trap.agent}};
  for (const auto& [oid, text] : trap.variables) {
    const std::string name = session::oid_text(oid);
    const std::string column = name.substr(0, name.rfind('.'));
    fields.emplace(name, text);
    fields.emplace(column, text);
    for (const Named& known : kNamed)
      if (column == known.column) fields.emplace(known.name, text);
  }
  return fields;
}

bool has_value(const Fields& fields, const std::string& value) {
  if (value.empty()) return true;
  for (const auto& [name, text] : fields)
    if (text == value) return true;
  return false;
}

std::optional<Report> read_as(const TrapPair& pair, Fields& fields, Timestamp now) {
  const std::string& trap = fields.at("trap");
  const bool is_end = trap == pair.clear;
  if ((!is_end && trap != pair.raise) || !has_value(fields, pair.only)) return std::nullopt;
  Report report;
  report.source = Source::trap;
  report.id = fmt::format("{} {} {}", fields.at("agent"), pair.raise, fill(pair.key, fields).value_or(""));
  report.id.resize(std::min<std::size_t>(report.id.size(), 512));
  report.raised = now;
  report.cleared = is_end;
  if (!pair.cause.empty()) fields.emplace("probableCause", pair.cause);
  json::object document;
  for (const auto& [name, text] : fields) document[name] = text;
  report.document = json::serialize(document);
  return report;
}

}  // namespace

std::span<const TrapPair> built_in_pairs() {
  static const std::array kPairs = {
      // IF-MIB: linkDown, linkUp
      TrapPair{"1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4", "linkDown", "{ifIndex}", ""},
      // UPS-MIB (RFC 1628): upsTrapAlarmEntryAdded and …Removed of upsAlarmOnBattery
      TrapPair{"1.3.6.1.2.1.33.2.3", "1.3.6.1.2.1.33.2.4", "commercialPowerFailure", "",
               "1.3.6.1.2.1.33.1.6.3.2"},
      // PowerNet-MIB (APC): upsOnBattery, powerRestored
      TrapPair{"1.3.6.1.4.1.318.0.5", "1.3.6.1.4.1.318.0.9", "commercialPowerFailure", "", ""},
  };
  return kPairs;
}

std::optional<Report> read_trap(const session::SnmpTrap& trap, std::span<const TrapPair> pairs,
                                Timestamp now) {
  Fields fields = fields_of(trap);
  for (const auto& known : {pairs, built_in_pairs()})
    for (const TrapPair& pair : known)
      if (auto report = read_as(pair, fields, now)) return report;
  return std::nullopt;
}

}  // namespace faultline::alarms
