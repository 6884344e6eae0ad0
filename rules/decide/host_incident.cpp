// The incident of the probe host itself: not found by the localiser, but by the guard.
#include "rules/decide/incident_book.h"

namespace faultline::decide {

void IncidentBook::set_host_sick(bool sick, Root root, bool is_only, std::string_view why, Timestamp now,
                                 Actions& actions) {
  Record* last = nullptr;  // the newest counts: an earlier one may be resolved, but not closed yet
  for (auto& [number, record] : records_)
    if (record.is_host && !has_ended(record.incident.state) && (is_only || record.incident.root == root))
      last = &record;
  if (!sick) {
    if (last == nullptr || last->incident.state == IncidentState::resolved) return;
    Record& record = *last;
    record.incident.state = IncidentState::resolved;
    record.incident.recovered_at = record.incident.resolved_at = now;
    return tell(record, IncidentEvent::resolved, std::string(why), now, actions);
  }
  if (last != nullptr && last->incident.state != IncidentState::resolved) return;
  const bool reopened = last != nullptr && now - *last->incident.resolved_at <= rules_->ending.reopen;
  Record& record = reopened ? *last : add(std::move(root), now, now);
  record.is_host = true;
  record.level = Level::wide;
  record.incident.state = IncidentState::open;
  record.incident.severity = Severity::major;
  record.incident.confidence = 1;
  record.incident.causes = {{Cause::probe_host, 1.0, {std::string(why)}}};
  record.argument = {{std::string(why), 0}};
  record.incident.resolved_at.reset();
  record.incident.recovered_at.reset();
  if (reopened) ++record.incident.reopens;
  if (!reopened) record.incident.opened_at = now;
  tell(record, reopened ? IncidentEvent::reopened : IncidentEvent::opened, std::string(why), now, actions);
}

}  // namespace faultline::decide
