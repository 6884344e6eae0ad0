// The stored state of a configuration, opened for reading beside a running daemon: what `incidents` and
// `report` show.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/incident.h"
#include "rules/model/result.h"
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
  store::Database database;
};

// The error is fit for a terminal.
Result<Stored> open_stored(const std::filesystem::path& config_file);
// "FL-17" or "17".
Result<IncidentNumber> parse_incident(std::string_view text);
Result<Incident> load_incident(Stored& stored, IncidentNumber number);

}  // namespace faultline::commands
