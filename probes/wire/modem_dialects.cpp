#include "probes/wire/modem_dialects.h"

#include <array>

namespace faultline::wire {
namespace {

std::optional<std::uint32_t> at_most(std::string_view field, int top) {
  const auto value = integer(field);
  if (!value || *value < 0 || *value > top) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}
std::optional<std::uint32_t> cell_id(std::string_view field) {
  return at_most(field, 1007);  // NR: 0 … 1007, LTE: 0 … 503
}
std::optional<std::uint32_t> channel(std::string_view field) {
  return at_most(field, 3'279'165);  // NR-ARFCN, TS 38.104; EARFCNs are smaller
}
std::optional<std::uint32_t> band(std::string_view field) {
  return at_most(field, 1024);
}

// mode,duplex,MCC,MNC,cell,PCI,EARFCN,band,UL bw,DL bw,TAC,RSRP,RSRQ,RSSI,SINR,…
CarrierSignal quectel_lte(const AtFields& fields, LteSinrScale scale) {
  CarrierSignal carrier;
  carrier.physical_cell_id = cell_id(fields[5]);
  carrier.channel = channel(fields[6]);
  carrier.band = band(fields[7]);
  carrier.rsrp_dbm = level(fields[11], kLteRsrp);
  carrier.rsrq_db = level(fields[12], kLteRsrq);
  carrier.rssi_dbm = level(fields[13], kRssi);
  if (scale == LteSinrScale::db) {
    carrier.sinr_db = level(fields[14], kSinr);
  } else if (const auto index = at_most(fields[14], 30)) {
    carrier.sinr_db = 2 * static_cast<float>(*index) - 20;
  }
  return carrier;
}

// mode,duplex,MCC,MNC,cell,PCI,TAC,ARFCN,band,bw,RSRP,RSRQ,SINR,…
CarrierSignal quectel_nr_standalone(const AtFields& fields) {
  CarrierSignal carrier;
  carrier.physical_cell_id = cell_id(fields[5]);
  carrier.channel = channel(fields[7]);
  carrier.band = band(fields[8]);
  carrier.rsrp_dbm = level(fields[10], kNrRsrp);
  carrier.rsrq_db = level(fields[11], kNrRsrq);
  carrier.sinr_db = level(fields[12], kSinr);
  return carrier;
}

// mode,MCC,MNC,PCI,RSRP,SINR,RSRQ,ARFCN,band,…: here SINR stands before RSRQ.
CarrierSignal quectel_nr_secondary(const AtFields& fields) {
  CarrierSignal carrier;
  carrier.physical_cell_id = cell_id(fields[3]);
  carrier.rsrp_dbm = level(fields[4], kNrRsrp);
  carrier.sinr_db = level(fields[5], kSinr);
  carrier.rsrq_db = level(fields[6], kNrRsrq);
  carrier.channel = channel(fields[7]);
  carrier.band = band(fields[8]);
  return carrier;
}

// mode,MCC,MNC,LAC,cell,UARFCN,PSC,RAC,RSCP,Ec/Io,…
CarrierSignal quectel_umts(const AtFields& fields) {
  CarrierSignal carrier;
  carrier.channel = channel(fields[5]);
  carrier.rscp_dbm = level(fields[8], kRscp);
  carrier.ecio_db = level(fields[9], kEcio);
  return carrier;
}

ModemRegistration registration_of(std::string_view state) {
  if (state == "SEARCH") return ModemRegistration::searching;
  if (state == "LIMSRV") return ModemRegistration::limited;
  if (state == "NOCONN" || state == "CONNECT") return ModemRegistration::registered;
  return ModemRegistration::unknown;
}

}  // namespace

std::optional<ModemSignal> parse_qeng(std::string_view answer, LteSinrScale scale) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "+QENG:")) {
    AtFields fields(line);
    if (!signal) signal.emplace();
    if (fields[0] == "servingcell") {
      signal->registration = registration_of(fields[1]);
      fields.drop(2);
    }
    if (fields[0] == "LTE") signal->lte = quectel_lte(fields, scale);
    if (fields[0] == "NR5G-SA") signal->nr = quectel_nr_standalone(fields);
    if (fields[0] == "NR5G-NSA") signal->nr = quectel_nr_secondary(fields);
    if (fields[0] == "WCDMA") signal->umts = quectel_umts(fields);
  }
  return signal;
}

std::optional<ModemSignal> parse_qcsq(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "+QCSQ:")) {
    const AtFields fields(line);
    const std::string_view mode = fields[0];
    if (!signal) signal.emplace();
    if (mode == "LTE" || mode == "CAT-M1" || mode == "CAT-NB1" || mode == "eMTC" || mode == "NBIoT") {
      CarrierSignal& lte = signal->lte.emplace();
      lte.rssi_dbm = level(fields[1], kRssi);
      lte.rsrp_dbm = level(fields[2], kLteRsrp);
      if (const auto index = at_most(fields[3], 250)) lte.sinr_db = static_cast<float>(*index) / 5 - 20;
      lte.rsrq_db = level(fields[4], kLteRsrq);
    } else if (mode == "NR5G") {
      CarrierSignal& nr = signal->nr.emplace();
      nr.rsrp_dbm = level(fields[1], kNrRsrp);
      nr.sinr_db = level(fields[2], kSinr);
      nr.rsrq_db = level(fields[3], kNrRsrq);
    } else if (mode == "WCDMA") {
      CarrierSignal& umts = signal->umts.emplace();
      umts.rssi_dbm = level(fields[1], kRssi);
      umts.rscp_dbm = level(fields[2], kRscp);
      umts.ecio_db = level(fields[3], kEcio);
    } else if (mode == "GSM") {
      signal->gsm.emplace().rssi_dbm = level(fields[1], kRssi);
    }
  }
  return signal;
}

std::optional<ModemSignal> parse_hcsq(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "^HCSQ:")) {
    const AtFields fields(line);
    const std::string_view mode = fields[0];
    if (!signal) signal.emplace();
    CarrierSignal carrier;
    carrier.rssi_dbm = indexed(fields[1], 96, -121, 1);
    if (mode == "LTE") {
      carrier.rsrp_dbm = indexed(fields[2], 97, -141, 1);
      carrier.sinr_db = indexed(fields[3], 251, -20.2F, 0.2F);
      carrier.rsrq_db = indexed(fields[4], 34, -20, 0.5F);
      signal->lte = carrier;
    } else if (mode == "WCDMA") {
      carrier.rscp_dbm = indexed(fields[2], 96, -121, 1);
      carrier.ecio_db = indexed(fields[3], 65, -32.5F, 0.5F);
      signal->umts = carrier;
    } else if (mode == "GSM") {
      signal->gsm = carrier;
    } else if (mode == "NOSERVICE") {
      signal->registration = ModemRegistration::searching;
    }
  }
  return signal;
}

std::optional<ModemSignal> parse_rfsts(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "#RFSTS:")) {
    const AtFields fields(line);
    if (fields.size() < 5) continue;
    if (!signal) signal.emplace();
    CarrierSignal carrier;
    carrier.channel = channel(fields[1]);
    const auto third = integer(fields[2]);
    if (third && *third >= 0) {  // PLMN,UARFCN,PSC,Ec/Io,RSCP,RSSI,…
      carrier.ecio_db = level(fields[3], kEcio);
      carrier.rscp_dbm = level(fields[4], kRscp);
      carrier.rssi_dbm = level(fields[5], kRssi);
      signal->umts = carrier;
    } else if (level(fields[3], kRssi) && level(fields[4], kLteRsrq)) {  // PLMN,EARFCN,RSRP,RSSI,RSRQ,…
      carrier.rsrp_dbm = level(fields[2], kLteRsrp);
      carrier.rssi_dbm = level(fields[3], kRssi);
      carrier.rsrq_db = level(fields[4], kLteRsrq);
      signal->lte = carrier;
    } else {  // PLMN,ARFCN,RSSI,LAC,…
      carrier.rssi_dbm = level(fields[2], kRssi);
      signal->gsm = carrier;
    }
  }
  return signal;
}

std::optional<ModemSignal> parse_smoni(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "^SMONI:")) {
    const AtFields fields(line);
    if (!signal) signal.emplace();
    if (fields[1] == "SEARCH" || fields[2] == "SEARCH") {
      signal->registration = ModemRegistration::searching;
      continue;
    }
    CarrierSignal carrier;
    carrier.channel = channel(fields[1]);
    if (fields[0] == "2G") {  // ARFCN,RSSI,MCC,MNC,LAC,cell,…
      carrier.rssi_dbm = level(fields[2], kRssi);
      signal->gsm = carrier;
    } else if (fields[0] == "3G") {  // UARFCN,PSC,Ec/n0,RSCP,MCC,MNC,LAC,cell,…
      carrier.ecio_db = level(fields[3], kEcio);
      carrier.rscp_dbm = level(fields[4], kRscp);
      signal->umts = carrier;
    } else if (fields[0] == "4G") {  // EARFCN,band,DL bw,UL bw,duplex,MCC,MNC,TAC,cell,PCI,power,RSRP,RSRQ,…
      carrier.band = band(fields[2]);
      carrier.physical_cell_id = cell_id(fields[10]);
      carrier.rsrp_dbm = level(fields[12], kLteRsrp);
      carrier.rsrq_db = level(fields[13], kLteRsrq);
      signal->lte = carrier;
    }
  }
  return signal;
}

std::optional<ModemSignal> parse_xcesq(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "+XCESQ:")) {
    const AtFields fields(line);  // n,rxlev,ber,RSCP,Ec/n0,RSRQ,RSRP,RS-SNR
    if (fields.size() != 8) continue;
    CarrierSignal gsm, umts, lte;
    gsm.rssi_dbm = indexed(fields[1], 63, -111, 1);
    umts.rscp_dbm = indexed(fields[3], 96, -121, 1);
    umts.ecio_db = indexed(fields[4], 49, -24.5F, 0.5F);
    lte.rsrq_db = indexed(fields[5], 34, -20, 0.5F);
    lte.rsrp_dbm = indexed(fields[6], 97, -141, 1);
    if (const auto half_db = level(fields[7], {2 * kSinr.low, 2 * kSinr.high})) lte.sinr_db = *half_db / 2;
    signal.emplace();
    if (gsm.has_values()) signal->gsm = gsm;
    if (umts.has_values()) signal->umts = umts;
    if (lte.has_values()) signal->lte = lte;
  }
  return signal;
}

std::span<const ModemDialect> modem_dialects() {
  static constexpr std::array kDialects = {
      ModemDialect{"qeng", "AT+QENG=\"servingcell\"", [](std::string_view a) { return parse_qeng(a); },
                   "quectel"},
      ModemDialect{"hcsq", "AT^HCSQ?", parse_hcsq, "huawei"},
      ModemDialect{"smoni", "AT^SMONI", parse_smoni, "cinterion gemalto thales"},
      ModemDialect{"rfsts", "AT#RFSTS", parse_rfsts, "telit"},
      ModemDialect{"xcesq", "AT+XCESQ?", parse_xcesq, "intel fibocom"},
      ModemDialect{"qcsq", "AT+QCSQ", parse_qcsq, ""},
      ModemDialect{"cesq", "AT+CESQ", parse_cesq, "simcom sierra u-blox"},
      ModemDialect{"csq", "AT+CSQ", parse_csq, ""},
  };
  return kDialects;
}

const ModemDialect* find_modem_dialect(std::string_view name) {
  for (const ModemDialect& dialect : modem_dialects())
    if (dialect.name == name) return &dialect;
  return nullptr;
}

const ModemDialect& modem_dialect_of(std::string_view maker) {
  std::string text(maker);
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  for (const ModemDialect& dialect : modem_dialects())
    for (std::string_view rest = dialect.makers; !rest.empty();) {
      const auto end = rest.find(' ');
      if (text.find(rest.substr(0, end)) != std::string::npos) return dialect;
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  return modem_dialects().front();
}

}  // namespace faultline::wire
