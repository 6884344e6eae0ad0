// What else survives a restart: degradations that are on, baselines, maintenance added by the API; and the
// loading of all of it at start, with names turned into the indexes of a topology.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/health.h"
#include "rules/model/maintenance.h"
#include "rules/model/topology.h"
#include "rules/pipeline.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

struct StoredDegradation {
  std::string endpoint;
  Respect respect = Respect::reachability;
  Timestamp onset;
  Timestamp confirmed;
  std::string evidence;
};
StoredDegradation to_stored(const Degradation& degradation, const Topology& topology);
// One per endpoint and respect; a second one replaces the first.
Result<void> save_degradation(Database& db, const StoredDegradation& degradation);
Result<void> remove_degradation(Database& db, std::string_view endpoint, Respect respect);

// A block of Pipeline::baseline.
struct StoredBaseline {
  std::string endpoint;
  std::vector<std::byte> block;
  Timestamp updated;
};
Result<void> save_baseline(Database& db, const StoredBaseline& baseline);

// What is learnt of the usual number of complaints (Pipeline::usual_complaints).
Result<void> save_usual_complaints(Database& db, std::string_view learnt, Timestamp updated);

// A window added by the API; target is a node or endpoint name.
struct StoredMaintenance {
  std::string id;
  std::string target;
  Timestamp begins;
  Timestamp ends;
  std::string reason;
  std::string author;  // name of the token that added it
};
// Replaces one with the same id.
Result<void> save_maintenance(Database& db, const StoredMaintenance& window);
Result<bool> remove_maintenance(Database& db, std::string_view id);
// All of them, by begin.
Result<std::vector<StoredMaintenance>> list_maintenance(Database& db);

struct StoredState {
  PipelineState pipeline;
  std::vector<std::pair<EndpointIndex, std::vector<std::byte>>> baselines;
  std::string usual_complaints;          // empty: nothing was saved yet
  std::vector<Maintenance> maintenance;  // windows that end after `now`
  // What could not be restored because the inventory has no such name any more, in whole things:
  std::size_t dropped_incidents = 0;  // not ended, and nothing left of their root
  std::vector<IncidentNumber> lost;   // their numbers: the application closes them in the store
  std::size_t dropped_degradations = 0;
  std::size_t dropped_baselines = 0;
  std::size_t dropped_maintenance = 0;
  std::size_t dropped_names = 0;  // single names inside things that were kept
};
// Everything that Pipeline::restore, restore_baseline and set_maintenance need at time `now`.
Result<StoredState> load_state(Database& db, const Topology& topology, Timestamp now);

}  // namespace faultline::store
