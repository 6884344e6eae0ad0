// The intake of complaints against any bytes: it must answer, and what it takes must keep its promises.
#include "daemon/complaints/intake.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faultline;
  static const auto topology = *Topology::build({}, {});
  const Timestamp now = std::chrono::sys_days{std::chrono::year{2026} / 3 / 14};
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const complaints::Intake intake = complaints::read(body, *topology, complaints::HashKey{}, now);
  if (intake.items.empty() != (intake.status != 200)) std::abort();
  for (const complaints::IntakeItem& item : intake.items) {
    if (item.record.has_value() != item.errors.empty()) std::abort();
    if (!item.record) continue;
    const store::StoredComplaint& record = *item.record;
    if (record.id.empty() || record.received > now || record.began > record.received) std::abort();
    if (record.place &&
        !(std::abs(record.place->latitude_deg) <= 90 && std::abs(record.place->longitude_deg) <= 180))
      std::abort();
    if (!(record.accuracy_m >= 1 && record.accuracy_m <= 100'000)) std::abort();
  }
  return 0;
}
