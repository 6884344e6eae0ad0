// The fuse: when too many incidents open at once, further ones are gathered in one.
#include "rules/decide/incident_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace faultline::decide {

// Too many at once: further ones go into one incident until people see through (A.8.5).
bool IncidentBook::is_fuse_blown(Timestamp now) {
  while (!openings_.empty() && now - openings_.front() > std::chrono::hours(1)) openings_.pop_front();
  const auto last_minute = std::count_if(openings_.begin(), openings_.end(), [&](Timestamp opened) {
    return now - opened <= std::chrono::minutes(1);
  });
  return static_cast<std::size_t>(last_minute) >= rules_->storm.per_minute ||
         openings_.size() >= rules_->storm.per_hour;
}

Record& IncidentBook::storm(const Record& first, Timestamp now) {
  for (auto& [number, record] : records_)
    if (record.is_storm && record.is_active()) return record;
  Record& record = add(Area{}, first.incident.onset, now);
  record.is_storm = true;
  record.gain_nats = record.margin_nats = first.gain_nats;
  record.argument = {{fmt::format("a storm: {} incidents in a minute or {} in an hour; further ones are "
                                  "gathered here",
                                  rules_->storm.per_minute, rules_->storm.per_hour),
                      0}};
  return record;
}

bool IncidentBook::fold_into_storm(Record& record, Timestamp now, Actions& actions) {
  if (!is_fuse_blown(now)) return false;
  Record& parent = storm(record, now);
  Incident& incident = parent.incident;
  auto& nodes = std::get<Area>(incident.root).nodes;
  if (const auto* node = std::get_if<NodeIndex>(&record.incident.root)) nodes.push_back(*node);
  if (const auto* endpoint = std::get_if<EndpointIndex>(&record.incident.root))
    if (const auto above = topology_->ancestors(*endpoint); !above.empty()) nodes.push_back(above.front());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  insert_all(incident.affected, record.incident.affected);
  incident.customers = customers_of(incident.affected);
  insert_all(incident.bad, record.incident.bad);
  merge(record, parent, now, actions);
  if (parent.is_told()) return true;
  incident.state = IncidentState::open;
  incident.opened_at = now;
  tell(parent, IncidentEvent::opened, parent.argument.front().text, now, actions);
  return true;
}

}  // namespace faultline::decide
