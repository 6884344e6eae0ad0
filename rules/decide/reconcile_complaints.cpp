// Which incident do complaints belong to that alone speak for a fault? (algorithms D.4; reconcile.cpp is for
// what probes find.)
#include "rules/decide/incident_book.h"
#include "rules/decide/vicinity.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace faultline::decide {
namespace {

constexpr Duration kCallers = std::chrono::minutes(10);  // a fault is known by its callers no sooner
constexpr double kClearly = 6;  // nats: what the third customer of one line is taken for (scan.line_nats)

}  // namespace

// People call for an hour and more: what is heard of a silent fault grows more slowly than what probes see.
bool IncidentBook::may_grow(const Record& record, const Hypothesis& hypothesis, Timestamp now) const {
  return record.incident.complaint_only && hypothesis.complaints_only && !hypothesis.ambiguous &&
         now - *record.incident.opened_at < rules_->identity.complaint_age;
}

// One line of a suspected site: its third caller, where others of the site called before, does not make it
// the place.
bool IncidentBook::is_hardly_better(const Hypothesis& hypothesis, const Record& record) {
  return record.level == Level::site && hypothesis.level == Level::endpoint &&
         hypothesis.gain_nats < record.gain_nats + kClearly;
}

bool IncidentBook::is_area_of_complaints(const Record& record) {
  return record.incident.complaint_only && std::holds_alternative<Area>(record.incident.root);
}

// Most of the callers of the area are below the node that it names.
bool IncidentBook::says_where(const Hypothesis& hypothesis, const Record& record) {
  return !std::holds_alternative<Area>(hypothesis.root) &&
         2 * std::size_t{hypothesis.complaints} > record.incident.complaints.size();
}

// Do these complaints say no more than that the incident is there?
bool IncidentBook::is_part_of(const Hypothesis& hypothesis, const Record& record) const {
  const Root& root = record.incident.root;
  if (is_root_above(root, hypothesis.root, *topology_))
    return record.is_told() || is_hardly_better(hypothesis, record);
  if (is_area_of_complaints(record))
    return is_in_area(root, hypothesis.root, *topology_) &&
           (hypothesis.gain_nats < record.gain_nats + kClearly ||
            (record.is_told() && !says_where(hypothesis, record)));
  // An area of which a told node has half: the rest are its callers, too, with inexact places.
  const auto& affected = record.incident.affected;
  return std::holds_alternative<Area>(hypothesis.root) && record.is_told() &&
         !contains_all(hypothesis.affected, affected) &&
         2 * common(affected, hypothesis.affected) >= hypothesis.affected.size();
}

// Which incident do these complaints belong to? `settled`: one that explains them without growing.
Record* IncidentBook::home_of_complaints(const Hypothesis& hypothesis, Timestamp now, bool& settled) {
  Record* home = nullptr;
  for (auto& [number, record] : records_) {
    const Incident& incident = record.incident;
    if (!record.is_active() || !intersects(incident.affected, hypothesis.affected)) continue;
    if (!incident.complaint_only) {  // one bad line does not speak for the ring
      settled = settled || 2 * common(incident.affected, hypothesis.affected) >= hypothesis.affected.size();
    } else if (incident.root == hypothesis.root || is_same_area(incident.root, hypothesis.root)) {
      return &record;
    } else if (is_part_of(hypothesis, record)) {
      settled = true;
    } else if (record.is_told() && is_area_of_complaints(record)) {
      if (says_where(hypothesis, record)) return &record;  // else a fault beside it
    } else if (record.is_told() && !hypothesis.ambiguous && !may_grow(record, hypothesis, now)) {
      continue;  // an older fault inside of it
    } else if (home == nullptr || (record.is_told() && !home->is_told())) {
      home = &record;
    }
  }
  return home;
}

// Those who call stand amid a wider fault that only customers see, and call since it began, though the
// inventory has them elsewhere: it is rather wrong there than that a second silent fault began at the same
// place and time.
Record* IncidentBook::silent_fault_around(const Root& root, std::optional<Place> callers, Timestamp onset) {
  const auto* endpoint = std::get_if<EndpointIndex>(&root);
  const auto place = endpoint != nullptr ? topology_->endpoint(*endpoint).place : callers;
  if (!place || std::holds_alternative<NodeIndex>(root)) return nullptr;
  for (auto& [number, record] : records_) {
    const Incident& incident = record.incident;
    if (!record.is_active() || !record.is_told() || !incident.complaint_only ||
        record.level == Level::endpoint || onset + stray_window(record) < incident.onset ||
        (endpoint != nullptr && contains(incident.affected, *endpoint)))
      continue;
    const auto around = vicinity_of(*topology_, incident.affected);
    if (!around || !around->has(*place)) continue;
    const Duration window = std::max<Duration>(onset - incident.onset, kCallers);
    if (is_likely_stray(incident.affected.size(), count_in(*around, *topology_), window,
                        rules_->identity.endpoint_faults_per_year))
      return &record;
  }
  return nullptr;
}

// An endpoint becomes a stray of it; what is said of an area is only not said again.
void IncidentBook::leave_to(Record& silent, const Root& root) {
  const auto* endpoint = std::get_if<EndpointIndex>(&root);
  if (endpoint == nullptr || contains(silent.incident.suspected_members, *endpoint)) return;
  insert_all(silent.incident.suspected_members, {*endpoint});
  silent.notes.push_back({fmt::format("customers of {}, amid it, complain since it began although the "
                                      "inventory puts it elsewhere: its entry may be wrong",
                                      topology_->endpoint(*endpoint).name),
                          0});
  footprint_changed_ = true;
}

void IncidentBook::suspect_by_complaints(const Hypothesis& hypothesis, Timestamp now, Actions& actions) {
  bool settled = false;
  Record* home = home_of_complaints(hypothesis, now, settled);
  if (settled) return;
  if (home == nullptr) {
    if (Record* silent = silent_fault_around(hypothesis.root, hypothesis.callers, hypothesis.onset))
      return leave_to(*silent, hypothesis.root);
    footprint_changed_ = true;  // its complaints are to be attached
    return start(hypothesis, Duration::zero(), now, actions);
  }
  move_root(*home, hypothesis, is_area_of_complaints(*home) && says_where(hypothesis, *home), now, actions);
  if (home->incident.root != hypothesis.root) return;
  for (auto& [number, other] : records_)
    if (&other != home && other.is_active() && other.incident.complaint_only &&
        contains_all(hypothesis.affected, other.incident.affected) &&
        (!other.is_told() || may_grow(other, hypothesis, now)))
      merge(other, *home, now, actions);
}

}  // namespace faultline::decide
