#include "probes/session/snmp_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace faultline::session {
namespace {

constexpr std::size_t kMostTextBytes = 1024;

}  // namespace

Oid oid_of(const oid* parts, std::size_t count) {
  Oid copy(std::min<std::size_t>(count, MAX_OID_LEN));
  std::transform(parts, parts + copy.size(), copy.begin(),
                 [](oid part) { return static_cast<std::uint32_t>(part); });
  return copy;
}

SnmpValue value_of(const netsnmp_variable_list& variable) {
  SnmpValue value;
  using Kind = SnmpValue::Kind;
  switch (variable.type) {
    case ASN_INTEGER:
      value = {Kind::number, static_cast<double>(*variable.val.integer), {}, {}};
      break;
    case ASN_COUNTER:
      value.kind = Kind::number;
      value.count = {static_cast<std::uint32_t>(*variable.val.integer), 32};
      value.number = static_cast<double>(value.count.value);
      break;
    case ASN_GAUGE:
    case ASN_TIMETICKS:
    case ASN_UINTEGER:
      value = {Kind::number, static_cast<double>(static_cast<std::uint32_t>(*variable.val.integer)), {}, {}};
      break;
    case ASN_COUNTER64:
      value.kind = Kind::number;
      value.count = {std::uint64_t{static_cast<std::uint32_t>(variable.val.counter64->high)} << 32 |
                         static_cast<std::uint32_t>(variable.val.counter64->low),
                     64};
      value.number = static_cast<double>(value.count.value);
      break;
    case ASN_OPAQUE_FLOAT:
      value = {Kind::number, static_cast<double>(*variable.val.floatVal), {}, {}};
      break;
    case ASN_OPAQUE_DOUBLE:
      value = {Kind::number, *variable.val.doubleVal, {}, {}};
      break;
    case ASN_OCTET_STR:
      value.kind = Kind::text;
      value.text.assign(reinterpret_cast<const char*>(variable.val.string),
                        std::min(variable.val_len, kMostTextBytes));
      break;
    case ASN_OBJECT_ID:
      value.kind = Kind::oid;
      value.oid = oid_of(variable.val.objid, variable.val_len / sizeof(oid));
      break;
    default:
      break;
  }
  return value;
}

std::string text_of(const SnmpValue& value) {
  switch (value.kind) {
    case SnmpValue::Kind::number:
      return value.count.bits > 0 ? std::to_string(value.count.value) : fmt::format("{}", value.number);
    case SnmpValue::Kind::text:
      return '"' + value.text + '"';
    case SnmpValue::Kind::oid:
      return oid_text(value.oid);
    case SnmpValue::Kind::none:
      break;
  }
  return "none";
}

}  // namespace faultline::session
