// What a cellular modem says of its signal, and how it is read from the commands that 3GPP TS 27.007 defines.
// Vendors' commands, which say more: wire/modem_dialects.h. Pure; a value that is missing, no number or
// outside what the quantity can be is "unknown", never a number.
#pragma once

#include "probes/wire/at_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultline::wire {

inline constexpr LevelRange kLteRsrp{-140, -44}, kLteRsrq{-34, 2.5F};  // TS 36.133
inline constexpr LevelRange kNrRsrp{-156, -31}, kNrRsrq{-43, 20};      // TS 38.133
inline constexpr LevelRange kSinr{-23, 40}, kRssi{-120, -25};
inline constexpr LevelRange kRscp{-121, -24}, kEcio{-32, 0};  // TS 25.133

struct CarrierSignal {
  std::optional<float> rsrp_dbm;  // LTE and NR
  std::optional<float> rsrq_db;
  std::optional<float> sinr_db;
  std::optional<float> rssi_dbm;
  std::optional<float> rscp_dbm;  // UMTS
  std::optional<float> ecio_db;
  std::optional<std::uint32_t> physical_cell_id;  // 0 … 503 in LTE, … 1007 in NR
  std::optional<std::uint32_t> channel;           // EARFCN or NR-ARFCN
  std::optional<std::uint32_t> band;

  bool has_values() const { return rsrp_dbm || rsrq_db || sinr_db || rssi_dbm || rscp_dbm || ecio_db; }
};

// `unknown`: the answer does not say. `limited`: on a cell that gives no service, or only emergency calls.
enum class ModemRegistration : std::uint8_t { unknown, searching, limited, registered };

struct ModemSignal {
  std::optional<CarrierSignal> lte;
  std::optional<CarrierSignal> nr;
  std::optional<CarrierSignal> umts;
  std::optional<CarrierSignal> gsm;
  ModemRegistration registration = ModemRegistration::unknown;

  // Whether any value is known, and the carrier to report: LTE (the anchor of EN-DC), else NR, UMTS, GSM.
  bool has_values() const { return serving() != nullptr; }
  const CarrierSignal* serving() const;
};

// All read a whole answer, several lines, echo and other lines included. Nothing if no line of that command
// is in it.
//
// +CESQ (§8.69), six and nine fields. The value is the lower edge of the interval that the index means.
std::optional<ModemSignal> parse_cesq(std::string_view answer);
// +CSQ (§8.5): RSSI alone, of whatever technology; unknown on 5G and on many LTE modems. It is reported as
// GSM's, which it was made for.
std::optional<ModemSignal> parse_csq(std::string_view answer);
// The answer to +C5GREG?, +CEREG?, +CGREG? or +CREG? (§7.2, §10.1.20 …): registered if one of them says so.
// What comes unasked (+CEREG: 1) is understood, too.
ModemRegistration parse_registration(std::string_view answer);
// The operator's name or number in the answer to +COPS? (§7.3); empty if there is none.
std::string parse_operator(std::string_view answer);

}  // namespace faultline::wire
