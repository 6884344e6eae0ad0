// Any bytes as a modem's answer: what is read is within the range that a modem can mean, or unknown.
#include "probes/wire/modem_dialects.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace faultline::wire;

void check(const std::optional<float>& value, float low, float high) {
  if (value && !(*value >= low && *value <= high)) std::abort();
}
void check(const CarrierSignal& carrier) {
  check(carrier.rsrp_dbm, -156, -31);
  check(carrier.rsrq_db, -43, 20);
  check(carrier.sinr_db, -23, 40);
  check(carrier.rssi_dbm, -120, -25);
  check(carrier.rscp_dbm, -121, -24);
  check(carrier.ecio_db, -32, 0);
  if (carrier.physical_cell_id && *carrier.physical_cell_id > 1007) std::abort();
}
void check(const std::optional<ModemSignal>& signal) {
  if (!signal) return;
  for (const auto* carrier : {&signal->lte, &signal->nr, &signal->umts, &signal->gsm})
    if (*carrier) check(**carrier);
  if (signal->has_values() != (signal->serving() != nullptr)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  for (const ModemDialect& dialect : modem_dialects()) check(dialect.parse(answer));
  check(parse_qeng(answer, LteSinrScale::index));
  if (parse_operator(answer).size() > size) std::abort();
  (void)parse_registration(answer);
  (void)modem_dialect_of(answer);
  // Once there is a result, more bytes do not change it.
  const AtResult result = at_result(answer);
  const AtResult longer = at_result(std::string(answer) + "\r\nERROR\r\n");
  if (longer == AtResult::unfinished || (result != AtResult::unfinished && longer != result)) std::abort();
  return 0;
}
