// Any bytes as a modem's answer: what is read is within the range that a modem can mean, or unknown.
#include "probes/wire/modem_signal.h"

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
  if (carrier.physical_cell_id && *carrier.physical_cell_id > 1007) std::abort();
}
void check(const std::optional<ModemSignal>& signal) {
  if (!signal) return;
  if (signal->lte) check(*signal->lte);
  if (signal->nr) check(*signal->nr);
  if (signal->has_values() != (signal->serving() != nullptr)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  check(parse_cesq(answer));
  for (const auto scale : {LteSinrScale::db, LteSinrScale::index}) check(parse_qeng(answer, scale));
  // Once there is a result, more bytes do not change it.
  const AtResult result = at_result(answer);
  const AtResult longer = at_result(std::string(answer) + "\r\nERROR\r\n");
  if (longer == AtResult::unfinished || (result != AtResult::unfinished && longer != result)) std::abort();
  return 0;
}
