#include "daemon/store/history_slots.h"

namespace faultline::store {

Result<std::optional<HistorySlot>> find_slot(Database& db, std::string_view endpoint, Metric metric) {
  return db.first(
      "SELECT slot, assigned FROM history_series WHERE endpoint = ? AND metric = ? AND released IS NULL",
      [](const Row& row) {
        return HistorySlot{static_cast<std::uint32_t>(row.integer(0)), row.time(1), false};
      },
      endpoint, name(metric));
}

Result<HistorySlot> take_slot(Database& db, std::string_view endpoint, Metric metric, Timestamp now) {
  auto held = find_slot(db, endpoint, metric);
  if (!held) return tl::make_unexpected(held.error());
  if (*held) return **held;
  auto free = db.number(
      "SELECT coalesce((SELECT slot FROM history_series WHERE released IS NOT NULL ORDER BY released LIMIT "
      "1), "
      "(SELECT max(slot) + 1 FROM history_series), 0)");
  if (!free) return tl::make_unexpected(free.error());
  auto taken = db.run(
      "INSERT OR REPLACE INTO history_series(slot, endpoint, metric, assigned, released) "
      "VALUES(?,?,?,?,NULL)",
      *free, endpoint, name(metric), now);
  if (!taken) return tl::make_unexpected(taken.error());
  return HistorySlot{static_cast<std::uint32_t>(*free), now, true};
}

Result<std::vector<std::uint32_t>> stale_slots(Database& db, const Topology& topology) {
  std::vector<std::uint32_t> stale;
  auto listed =
      db.each("SELECT slot, endpoint FROM history_series WHERE released IS NULL", [&](const Row& row) {
        const auto endpoint = topology.find_endpoint(row.text_view(1));
        if (!endpoint || topology.endpoint(*endpoint).retired)
          stale.push_back(static_cast<std::uint32_t>(row.integer(0)));
      });
  if (!listed) return tl::make_unexpected(listed.error());
  return stale;
}

Result<void> release_slot(Database& db, std::uint32_t slot, Timestamp now) {
  return db.run("UPDATE history_series SET released = ? WHERE slot = ?", now, slot);
}

}  // namespace faultline::store
