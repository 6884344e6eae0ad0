// Signal values from the commands that vendors of modems have added: they say what +CESQ leaves out (SINR),
// in numbers of their own. Pure, and as careful as wire/modem_signal.h.
#pragma once

#include "probes/wire/modem_signal.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace faultline::wire {

// How +QENG gives the LTE SINR: in dB, or as an index X with dB = 2X - 20. It differs by firmware.
enum class LteSinrScale : std::uint8_t { db, index };

// Quectel +QENG="servingcell": LTE in its two layouts, NR SA, EN-DC over three lines, WCDMA; registration by
// the state. +QCSQ: less of it, without the cell.
std::optional<ModemSignal> parse_qeng(std::string_view answer, LteSinrScale scale = LteSinrScale::db);
std::optional<ModemSignal> parse_qcsq(std::string_view answer);
// Huawei ^HCSQ, also unasked. Indexes as in +CESQ, but SINR = -20.2 + n/5.
std::optional<ModemSignal> parse_hcsq(std::string_view answer);
// Telit #RFSTS: GSM, WCDMA and LTE have different layouts and the line does not say which, so that the kind
// of its numbers decides. No SINR.
std::optional<ModemSignal> parse_rfsts(std::string_view answer);
// Cinterion (Gemalto, Thales, Telit) ^SMONI: the technology is its first field. No SINR.
std::optional<ModemSignal> parse_smoni(std::string_view answer);
// Intel (XMM; Fibocom) +XCESQ: +CESQ with one field in front and the SINR, in half dB, at the end.
std::optional<ModemSignal> parse_xcesq(std::string_view answer);

struct ModemDialect {
  std::string_view name;  // as the probe's option has it
  std::string_view command;
  std::optional<ModemSignal> (*parse)(std::string_view answer);
  std::string_view makers;  // words of the answer to AT+CGMI, in lower case, separated by spaces
};
std::span<const ModemDialect> modem_dialects();
// Null if there is none.
const ModemDialect* find_modem_dialect(std::string_view name);
// What a modem is best asked by, from its answer to AT+CGMI. A maker that is not known may sell modules of
// one that is: then +QENG, the most frequent, is tried.
const ModemDialect& modem_dialect_of(std::string_view maker);

}  // namespace faultline::wire
