// Incidents as documents: the whole struct as JSON with the names of nodes and endpoints (indexes mean
// nothing after a restart), beside the columns that lists are filtered by. Used inside the jobs of Store.
#pragma once

#include "daemon/store/database.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

// What is stored of an incident. Made on the main loop (it needs the topology), written in a job.
struct IncidentRecord {
  IncidentNumber number = 0;
  std::uint32_t revision = 0;
  IncidentState state = IncidentState::suspected;
  Severity severity = Severity::warning;
  std::string root;  // "node:agg-7", "endpoint:cell-0417", "area:site-1,site-2"
  Timestamp onset{};
  Timestamp suspected_at{};
  std::optional<Timestamp> opened_at;
  std::optional<Timestamp> ended_at;  // closed, withdrawn or merged; the caller of to_record gives the time
  std::string document;               // JSON
};

// `at` is the time of the change, kept as ended_at where the state is an end.
IncidentRecord to_record(const Incident& incident, const Topology& topology, Timestamp at);

struct RestoredIncident {
  Incident incident;
  std::size_t dropped_names = 0;  // nodes and endpoints that the topology does not have
  bool root_gone = false;         // nothing is left of the root: the incident cannot be followed any more
};
// Fails on a document that to_record did not make.
Result<RestoredIncident> from_document(std::string_view document, const Topology& topology);

// Writes the record; an older revision than the stored one is left out (false). Also moves the next number
// on.
Result<bool> save_incident(Database& db, const IncidentRecord& record);
Result<std::optional<IncidentRecord>> find_incident(Database& db, IncidentNumber number);

struct IncidentFilter {
  std::vector<IncidentState> states;      // empty = any
  std::optional<Severity> at_least;       // this severity or worse
  std::string root;                       // exact, as in IncidentRecord; empty = any
  std::optional<Timestamp> active_from;   // not ended before
  std::optional<Timestamp> active_until;  // onset before
  std::size_t limit = 100, offset = 0;
};
// Highest number first.
Result<std::vector<IncidentRecord>> list_incidents(Database& db, const IncidentFilter& filter);
// Those that had a ticket and began at or after `since`, by number; what cannot be read is left out.
Result<std::vector<Incident>> told_incidents(Database& db, const Topology& topology, Timestamp since);
// Greater than any number ever stored.
Result<IncidentNumber> next_incident_number(Database& db);

}  // namespace faultline::store
