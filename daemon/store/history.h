// Faultline's own short history for its reports and pages: per endpoint and metric, 10-minute summaries for 8
// days and hourly ones for 13 months, in one sparse ring file beside the database (about 86 kB per endpoint
// and metric when the rings are full; see docs/storage.md). `History` gathers on the main loop and writes on
// the store's writer thread; it can be left out altogether, and losing the file harms nothing else.
#pragma once

#include "daemon/store/history_file.h"
#include "daemon/store/store.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"
#include "rules/model/round.h"
#include "rules/model/topology.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

struct HistoryCounters {
  std::uint64_t flushes = 0;
  std::uint64_t failed_flushes = 0;  // what they held is lost; the next ones are tried again
  std::uint64_t damaged_pages = 0;   // checksum wrong (a torn write): read as empty
  std::uint64_t series = 0;          // that have a slot
};

class History {
 public:
  // `store` must outlive the History; the file is made if it is not there. A file of another layout is
  // refused with the advice to move it away.
  static Result<std::unique_ptr<History>> open(const std::filesystem::path& path, Store& store);
  ~History();  // does not flush: call flush() and let the Store finish its queue

  // Main loop only, as add, roll and flush. Endpoints that are gone free their slots; the new ones get slots
  // when they have their first values. Same-named ones go on.
  void set_topology(std::shared_ptr<const Topology> topology, Timestamp now);
  // Takes loss ratio, median RTT, IPDV and the other values of a round; one not measured is left out.
  void add(const Round& round);
  void add(EndpointIndex endpoint, Metric metric, float value);
  // Call at least once a second: writes the gathered values out when a 10-minute interval has ended.
  void roll(Timestamp now);
  // Writes out what has been gathered since the last time. `done` may be empty.
  void flush(Timestamp now, Done done = {});

  // Points of [from, until), oldest first, those without values left out; `done` comes through the store's
  // poster. An unknown endpoint has no points.
  using Handler = std::function<void(Result<std::vector<HistoryPoint>>)>;
  void query(std::string endpoint, Metric metric, Resolution resolution, Timestamp from, Timestamp until,
             Handler done);

  HistoryCounters counters() const;

 private:
  struct Impl;
  explicit History(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline::store
