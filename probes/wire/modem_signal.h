// Signal values from the answers of a cellular modem to AT commands: +CESQ (3GPP TS 27.007 §8.69, six and
// nine fields) and Quectel's +QENG="servingcell" (LTE in its two layouts, NR SA, EN-DC over three lines).
// Pure; the bytes are not trusted: a field that is missing, no number or outside its range is "unknown",
// never a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace faultline::wire {

// How a Quectel modem gives the LTE SINR: in dB, or as an index X with dB = 2X - 20. It differs by firmware.
enum class LteSinrScale : std::uint8_t { db, index };

struct CarrierSignal {
  std::optional<float> rsrp_dbm;  // LTE -140 … -44 (TS 36.133), NR -156 … -31 (TS 38.133)
  std::optional<float> rsrq_db;   // LTE -34 … 2.5, NR -43 … 20
  std::optional<float> sinr_db;   // -23 … 40
  std::optional<float> rssi_dbm;  // -120 … -25
  std::optional<std::uint32_t> physical_cell_id;
};

// Registration as +QENG tells it. `unknown`: the answer does not say (+CESQ).
enum class ModemRegistration : std::uint8_t { unknown, searching, limited, registered };

struct ModemSignal {
  std::optional<CarrierSignal> lte;
  std::optional<CarrierSignal> nr;
  ModemRegistration registration = ModemRegistration::unknown;

  // Whether any value is known, and the carrier to report: NR where it stands alone, else LTE (the anchor of
  // EN-DC).
  bool has_values() const;
  const CarrierSignal* serving() const;
};

// Reads a whole answer, several lines, echo and other lines included. Unknown lines are passed over.
// Nothing if no line of that command is in it.
std::optional<ModemSignal> parse_cesq(std::string_view answer);
std::optional<ModemSignal> parse_qeng(std::string_view answer, LteSinrScale scale);

// Whether the answer is finished, by its first whole line that is a result: OK, ERROR, +CME ERROR: …,
// +CMS ERROR: …, COMMAND NOT SUPPORT (Huawei). What comes after it was not asked for.
enum class AtResult : std::uint8_t { unfinished, ok, error };
AtResult at_result(std::string_view answer);

}  // namespace faultline::wire
