// Which slot of the ring file belongs to which endpoint and metric: the table history_series. Used inside the
// jobs of Store. daemon/store only.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/metric.h"
#include "rules/model/topology.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace faultline::store {

struct HistorySlot {
  std::uint32_t slot = 0;
  Timestamp assigned;   // values before the hour of this time are another series'
  bool is_new = false;  // given right now
};

Result<std::optional<HistorySlot>> find_slot(Database& db, std::string_view endpoint, Metric metric);
// The slot it has, else one that was released, else the next.
Result<HistorySlot> take_slot(Database& db, std::string_view endpoint, Metric metric, Timestamp now);
// Slots in use by endpoints that the topology does not have.
Result<std::vector<std::uint32_t>> stale_slots(Database& db, const Topology& topology);
Result<void> release_slot(Database& db, std::uint32_t slot, Timestamp now);

}  // namespace faultline::store
