// The times of an incident that a report counts with, and what follows from them.
#pragma once

#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "rules/model/incident.h"
#include "rules/model/topology.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace faultline::commands {

struct ReportTimes {
  std::optional<Timestamp> verified;         // the first member confirmed bad by a second measurement
  std::optional<Timestamp> acknowledged;     // a person changed the ticket for the first time
  std::optional<Timestamp> first_complaint;  // received, of those attached
  std::optional<Duration> to_detect;         // MTTD: onset → ticket
  std::optional<Duration> to_acknowledge;    // MTTA: ticket → acknowledged
  std::optional<Duration> to_repair;         // MTTR: onset → recovered
  std::optional<Duration> lead;              // ticket → first complaint; negative: the complaint was first
  std::optional<double> customer_minutes;    // customers below the place times minutes, until it recovered
  std::string_view found_by;                 // "probes", "complaints", …
};

// `events`: those of the incident, and "degradation.began" of its members; in any order.
ReportTimes report_times(const Incident& incident, std::span<const store::StoredComplaint> complaints,
                         std::span<const store::Event> events, const Topology& topology);

// Nearest rank: the smallest value that at least `share` (0 … 1] of them do not exceed; nothing of none.
std::optional<double> quantile(std::vector<double> values, double share);

// "0:01:30", "-0:00:05", "-" for nothing.
std::string span_text(const std::optional<Duration>& span);

}  // namespace faultline::commands
