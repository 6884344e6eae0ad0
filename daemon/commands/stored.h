// The stored state of a configuration, opened for reading beside a running daemon: what `incidents`,
// `inventory-suspects` and `report` show.
#pragma once

#include "daemon/store/complaints.h"
#include "daemon/store/database.h"
#include "daemon/store/events.h"
#include "rules/model/incident.h"
#include "rules/model/result.h"
#include "rules/model/rule_set.h"
#include "rules/model/topology.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace faultline::commands {

struct Stored {
  std::shared_ptr<const Topology> topology;
  std::shared_ptr<const RuleSet> rules;
  store::Database database;
};

// The error is fit for a terminal.
Result<Stored> open_stored(const std::filesystem::path& config_file);
// "FL-17" or "17".
Result<IncidentNumber> parse_incident(std::string_view text);
Result<Incident> load_incident(Stored& stored, IncidentNumber number);
// Its own events, oldest first, and after them those that confirmed something bad between its onset and its
// ticket, of any endpoint.
Result<std::vector<store::Event>> events_of(Stored& stored, const Incident& incident);
// What probes told of its endpoints in words from a little before its onset until it ended, oldest first.
Result<std::vector<store::Event>> observations_of(Stored& stored, const Incident& incident);
// Those attached to it, newest first, at most 10,000.
Result<std::vector<store::StoredComplaint>> complaints_of(Stored& stored, IncidentNumber number);

}  // namespace faultline::commands
