// What a diagnosis said, as a list of tickets: who opened one, when, where, and what became of it. Faultline
// and the baselines are judged by the same list.
#pragma once

#include "rules/model/action.h"
#include "rules/model/incident.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace faultline::accuracy {

struct Ticket {
  IncidentNumber number = 0;
  std::int64_t opened_s = 0;
  std::optional<std::int64_t> ended_s;  // resolved, closed or merged
  bool complaints_only = false;         // when it opened
  bool of_probe_host = false;
  bool merged = false;
  std::vector<EndpointIndex> endpoints;  // everything it ever named, sorted
  std::vector<std::pair<std::int64_t, Root>> roots;
  std::vector<std::int64_t> reopened_s;  // reopened or moved up
  Cause cause = Cause::transport;        // the likeliest at its worst
  double cause_probability = 0;

  const Root& root_after(std::int64_t seconds) const;
};

class Ledger {
 public:
  void take(const Actions& actions, std::int64_t now_s);
  std::vector<Ticket> tickets() const;
  std::optional<IncidentNumber> incident_of(const std::string& complaint) const;

 private:
  void take(const IncidentChanged& change, std::int64_t now_s);

  std::map<IncidentNumber, Ticket> tickets_;
  std::map<std::string, IncidentNumber> complaints_;
};

}  // namespace faultline::accuracy
