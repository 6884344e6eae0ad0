#include "probes/wire/modem_signal.h"

#include <algorithm>
#include <array>

namespace faultline::wire {
namespace {

// TS 27.007 §10.1.22 <stat>.
ModemRegistration registration_of(std::string_view stat) {
  switch (integer(stat).value_or(-1)) {
    case 1:  // home network
    case 5:  // roaming
    case 6:  // for short messages only
    case 7:
    case 9:  // circuit-switched fallback not preferred
    case 10:
      return ModemRegistration::registered;
    case 0:
    case 2:
      return ModemRegistration::searching;
    case 3:  // denied
    case 8:  // emergency calls only
      return ModemRegistration::limited;
    default:
      return ModemRegistration::unknown;
  }
}

// "n,stat,…" was asked for; "stat" and "stat,"area",…" come by themselves.
std::string_view stat_of(std::string_view line) {
  const AtFields fields(line);
  const auto comma = line.find(',');
  const bool is_answer = comma != std::string_view::npos && line.find('"') != comma + 1;
  return is_answer ? fields[1] : fields[0];
}

}  // namespace

const CarrierSignal* ModemSignal::serving() const {
  for (const auto* carrier : {&lte, &nr, &umts, &gsm})
    if (*carrier && (*carrier)->has_values()) return &**carrier;
  return nullptr;
}

std::optional<ModemSignal> parse_cesq(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "+CESQ:")) {
    const AtFields fields(line);
    if (fields.size() != 6 && fields.size() != 9) continue;
    CarrierSignal gsm, umts, lte, nr;
    gsm.rssi_dbm = indexed(fields[0], 63, -111, 1);
    umts.rscp_dbm = indexed(fields[2], 96, -121, 1);
    umts.ecio_db = indexed(fields[3], 49, -24.5F, 0.5F);
    lte.rsrq_db = indexed(fields[4], 34, -20, 0.5F);  // RSRQ stands before RSRP
    lte.rsrp_dbm = indexed(fields[5], 97, -141, 1);
    nr.rsrq_db = indexed(fields[6], 126, -43.5F, 0.5F);
    nr.rsrp_dbm = indexed(fields[7], 126, -157, 1);
    nr.sinr_db = indexed(fields[8], 127, -23.5F, 0.5F);
    signal.emplace();
    if (gsm.has_values()) signal->gsm = gsm;
    if (umts.has_values()) signal->umts = umts;
    if (lte.has_values()) signal->lte = lte;
    if (nr.has_values()) signal->nr = nr;
  }
  return signal;
}

std::optional<ModemSignal> parse_csq(std::string_view answer) {
  std::optional<ModemSignal> signal;
  for (const std::string_view line : lines_of(answer, "+CSQ:")) {
    const AtFields fields(line);
    if (fields.size() != 2) continue;
    signal.emplace();
    const auto n = integer(fields[0]);
    if (!n || *n < 0 || *n > 31) continue;                               // 99 is unknown
    signal->gsm.emplace().rssi_dbm = -113 + 2 * static_cast<float>(*n);  // 0 and less, 31 and more
  }
  return signal;
}

ModemRegistration parse_registration(std::string_view answer) {
  ModemRegistration best = ModemRegistration::unknown;
  for (const std::string_view prefix : {"+C5GREG:", "+CEREG:", "+CGREG:", "+CREG:"})
    for (const std::string_view line : lines_of(answer, prefix))
      best = std::max(best, registration_of(stat_of(line)));
  return best;
}

std::string parse_operator(std::string_view answer) {
  for (const std::string_view line : lines_of(answer, "+COPS:"))
    if (const AtFields fields(line); !fields[2].empty()) return std::string(fields[2]);
  return {};
}

}  // namespace faultline::wire
