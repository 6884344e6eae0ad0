// The clock of the machine was set back: what the book counts from.
#include "rules/decide/incident_book.h"
#include "rules/model/step_back.h"

namespace faultline::decide {
namespace {

void set_back_record(Record& record, Timestamp now, Duration by) {
  Incident& incident = record.incident;
  for (Timestamp* time : {&incident.onset, &incident.suspected_at, &record.last_bad, &record.due,
                          &record.first_complaint, &record.last_complaint, &record.told.at})
    step_back(*time, now, by);
  for (auto* time : {&incident.opened_at, &incident.recovered_at, &incident.resolved_at, &incident.closed_at,
                     &incident.narrowed_at, &record.mostly_over_since})
    if (*time) step_back(**time, now, by);
  record.severity.set_back(now, by);
  record.narrowing.set_back(now, by);
}

}  // namespace

void IncidentBook::set_back(Timestamp now, Duration by) {
  for (auto* records : {&records_, &ended_})
    for (auto& [number, record] : *records) set_back_record(record, now, by);
  for (Timestamp& opening : openings_) step_back(opening, now, by);
  step_back(forgot_, now, by);
}

}  // namespace faultline::decide
