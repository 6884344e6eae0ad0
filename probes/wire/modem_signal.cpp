#include "probes/wire/modem_signal.h"

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace faultline::wire {
namespace {

struct Range {
  float low, high;
};
constexpr Range kLteRsrp{-140, -44}, kLteRsrq{-34, 2.5F}, kNrRsrp{-156, -31}, kNrRsrq{-43, 20};
constexpr Range kSinr{-23, 40}, kRssi{-120, -25};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Calls f with each line that begins with the prefix, less the prefix and the blanks around it.
template <typename F>
void for_lines_of(std::string_view answer, std::string_view prefix, F f) {
  while (!answer.empty()) {
    const auto end = answer.find_first_of("\r\n");
    const std::string_view line = trimmed(answer.substr(0, end));
    if (line.starts_with(prefix)) f(trimmed(line.substr(prefix.size())));
    if (end == std::string_view::npos) break;
    answer.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> fields_of(std::string_view line) {
  constexpr std::size_t kMostFields = 40;
  std::vector<std::string_view> fields;
  while (fields.size() < kMostFields) {
    const auto comma = line.find(',');
    std::string_view field = trimmed(line.substr(0, comma));
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
      field = field.substr(1, field.size() - 2);
    fields.push_back(field);
    if (comma == std::string_view::npos) break;
    line.remove_prefix(comma + 1);
  }
  return fields;
}

std::optional<int> integer(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<float> within(std::optional<float> value, Range range) {
  if (!value || *value < range.low || *value > range.high) return std::nullopt;
  return value;
}

// Field i as a whole number of dB or dBm inside the range.
std::optional<float> level(const std::vector<std::string_view>& fields, std::size_t i, Range range) {
  if (i >= fields.size()) return std::nullopt;
  const auto value = integer(fields[i]);
  if (!value) return std::nullopt;
  return within(static_cast<float>(*value), range);
}

// An index of TS 27.007: the lower edge of its interval, base + step × n. Index 0 means "below the lowest"
// and has no value; above `top` is unknown.
std::optional<float> indexed(const std::vector<std::string_view>& fields, std::size_t i, int top, float base,
                             float step) {
  if (i >= fields.size()) return std::nullopt;
  const auto n = integer(fields[i]);
  if (!n || *n < 1 || *n > top) return std::nullopt;
  return base + step * static_cast<float>(*n);
}

bool any(const CarrierSignal& c) {
  return c.rsrp_dbm || c.rsrq_db || c.sinr_db || c.rssi_dbm;
}

std::optional<std::uint32_t> cell_id(const std::vector<std::string_view>& fields, std::size_t i) {
  if (i >= fields.size()) return std::nullopt;
  const auto value = integer(fields[i]);
  if (!value || *value < 0 || *value > 1007) return std::nullopt;  // NR: 0 … 1007, LTE: 0 … 503
  return static_cast<std::uint32_t>(*value);
}

// Fields from the position of "LTE": mode,duplex,MCC,MNC,cell,PCI,EARFCN,band,UL bw,DL
// bw,TAC,RSRP,RSRQ,RSSI,SINR,…
CarrierSignal lte_carrier(const std::vector<std::string_view>& fields, LteSinrScale scale) {
  CarrierSignal carrier;
  carrier.physical_cell_id = cell_id(fields, 5);
  carrier.rsrp_dbm = level(fields, 11, kLteRsrp);
  carrier.rsrq_db = level(fields, 12, kLteRsrq);
  carrier.rssi_dbm = level(fields, 13, kRssi);
  if (scale == LteSinrScale::db) {
    carrier.sinr_db = level(fields, 14, kSinr);
  } else if (const auto index = level(fields, 14, Range{0, 30})) {
    carrier.sinr_db = within(2 * *index - 20, kSinr);
  }
  return carrier;
}

// mode,duplex,MCC,MNC,cell,PCI,TAC,ARFCN,band,bw,RSRP,RSRQ,SINR,…
CarrierSignal nr_standalone_carrier(const std::vector<std::string_view>& fields) {
  return {level(fields, 10, kNrRsrp), level(fields, 11, kNrRsrq), level(fields, 12, kSinr), std::nullopt,
          cell_id(fields, 5)};
}

// mode,MCC,MNC,PCI,RSRP,SINR,RSRQ,…: here SINR stands before RSRQ.
CarrierSignal nr_secondary_carrier(const std::vector<std::string_view>& fields) {
  return {level(fields, 4, kNrRsrp), level(fields, 6, kNrRsrq), level(fields, 5, kSinr), std::nullopt,
          cell_id(fields, 3)};
}

ModemRegistration registration_of(std::string_view state) {
  if (state == "SEARCH") return ModemRegistration::searching;
  if (state == "LIMSRV") return ModemRegistration::limited;
  if (state == "NOCONN" || state == "CONNECT") return ModemRegistration::registered;
  return ModemRegistration::unknown;
}

}  // namespace

bool ModemSignal::has_values() const {
  return (lte && any(*lte)) || (nr && any(*nr));
}

const CarrierSignal* ModemSignal::serving() const {
  if (lte && any(*lte)) return &*lte;
  if (nr && any(*nr)) return &*nr;
  return nullptr;
}

std::optional<ModemSignal> parse_cesq(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for_lines_of(answer, "+CESQ:", [&](std::string_view line) {
    const auto fields = fields_of(line);
    if (fields.size() != 6 && fields.size() != 9) return;
    signal.emplace();
    CarrierSignal lte, nr;
    lte.rsrq_db = indexed(fields, 4, 34, -20, 0.5F);  // RSRQ stands before RSRP
    lte.rsrp_dbm = indexed(fields, 5, 97, -141, 1);
    nr.rsrq_db = indexed(fields, 6, 126, -43.5F, 0.5F);
    nr.rsrp_dbm = indexed(fields, 7, 126, -157, 1);
    nr.sinr_db = indexed(fields, 8, 127, -23.5F, 0.5F);
    if (any(lte)) signal->lte = lte;
    if (any(nr)) signal->nr = nr;
  });
  return signal;
}

std::optional<ModemSignal> parse_qeng(std::string_view answer, LteSinrScale scale) {
  std::optional<ModemSignal> signal;
  for_lines_of(answer, "+QENG:", [&](std::string_view line) {
    auto fields = fields_of(line);
    if (!signal) signal.emplace();
    if (fields[0] == "servingcell") {
      if (fields.size() < 2) return;
      signal->registration = registration_of(fields[1]);
      fields.erase(fields.begin(), fields.begin() + 2);
    }
    if (fields.empty()) return;
    if (fields[0] == "LTE") signal->lte = lte_carrier(fields, scale);
    if (fields[0] == "NR5G-SA") signal->nr = nr_standalone_carrier(fields);
    if (fields[0] == "NR5G-NSA") signal->nr = nr_secondary_carrier(fields);
  });
  return signal;
}

AtResult at_result(std::string_view answer) {
  for (auto end = answer.find_first_of("\r\n"); end != std::string_view::npos;
       end = answer.find_first_of("\r\n")) {
    const std::string_view line = trimmed(answer.substr(0, end));
    answer.remove_prefix(end + 1);
    if (line == "OK") return AtResult::ok;
    if (line == "ERROR" || line == "COMMAND NOT SUPPORT" || line.starts_with("+CME ERROR:") ||
        line.starts_with("+CMS ERROR:"))
      return AtResult::error;
  }
  return AtResult::unfinished;  // what follows the last line end may be half a line
}

}  // namespace faultline::wire
