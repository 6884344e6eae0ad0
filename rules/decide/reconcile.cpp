// Hypotheses become incidents: which incident is this? (algorithms D.4, in its order.)
#include "rules/decide/explain.h"
#include "rules/decide/incident_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

namespace faultline::decide {
namespace {

constexpr double kSecondsPerYear = 365.25 * 86400;

}  // namespace

bool IncidentBook::is_coherent(const Record& record, const Hypothesis& hypothesis) const {
  return std::chrono::abs(record.incident.onset - hypothesis.onset) <= rules_->identity.coherence;
}

Record* IncidentBook::same_root(const Hypothesis& hypothesis) {
  if (hypothesis.level == Level::endpoint && !hypothesis.bad.empty()) {  // nearly always, and there are many
    const auto number = owner(hypothesis.bad.front());
    if (number && at(*number).incident.root == hypothesis.root) return &at(*number);
  }
  for (auto& [number, record] : records_)
    if (record.is_active() && record.incident.root == hypothesis.root) return &record;
  return nullptr;
}

// The incident that has most of the bad endpoints; of equals the older one.
Record* IncidentBook::main_owner(const Hypothesis& hypothesis) {
  std::map<IncidentNumber, std::size_t> owned;
  for (const EndpointIndex endpoint : hypothesis.bad)
    if (const auto number = owner(endpoint)) ++owned[*number];
  Record* best = nullptr;
  std::size_t most = 0;
  for (const auto& [number, count] : owned) {
    Record& record = at(number);
    if (record.claimed || !record.is_active() || !is_coherent(record, hypothesis) || count <= most) continue;
    best = &record;
    most = count;
  }
  return best;
}

// Complaints below a wide node are no more about one bad line there than about any other. Those of an area
// are about whatever has most of them below it.
bool IncidentBook::is_what_they_mean(const Record& complained, const Hypothesis& hypothesis) const {
  const auto& affected = complained.incident.affected;
  if (is_area_of_complaints(complained))
    return says_where(hypothesis, complained) || contains_all(hypothesis.affected, affected);
  if (complained.level != Level::wide) return intersects(hypothesis.affected, affected);
  return is_root_above(hypothesis.root, complained.incident.root, *topology_) ||
         2 * common(hypothesis.affected, affected) >= affected.size();
}

Record* IncidentBook::related_complaints(const Hypothesis& hypothesis) {
  for (auto& [number, record] : records_)
    if (record.is_active() && record.incident.complaint_only && !record.claimed &&
        is_what_they_mean(record, hypothesis))
      return &record;
  return nullptr;
}

// A told incident whose footprint or root has it, at the same time: a part that was measured later.
Record* IncidentBook::covering(const Hypothesis& hypothesis) {
  for (auto& [number, record] : records_)
    if (record.is_active() && record.is_told() && !record.incident.complaint_only &&
        is_coherent(record, hypothesis) &&
        (contains_all(record.incident.affected, hypothesis.bad) ||
         is_root_above(record.incident.root, hypothesis.root, *topology_)))
      return &record;
  return nullptr;
}

// Bad at the same time but elsewhere in the inventory: is a wrong edge more likely than a coincidence? (B.6)
Record* IncidentBook::stray_of(const Hypothesis& hypothesis) {
  if (hypothesis.level != Level::endpoint) return nullptr;
  const IdentityRules& rules = rules_->identity;
  for (auto& [number, record] : records_) {
    if (!record.is_active() || record.level == Level::endpoint || record.incident.complaint_only) continue;
    const Duration window = stray_window(record);
    if (std::chrono::abs(record.incident.onset - hypothesis.onset) <= window &&
        is_likely_stray(record.members.size(), topology_->endpoints().size(), window,
                        std::max(rules.endpoint_faults_per_year, hypothesis.coincidences_per_year)))
      return &record;
  }
  return nullptr;
}

Duration IncidentBook::stray_window(const Record& record) const {
  return record.level == Level::site ? rules_->identity.stray_site : rules_->identity.stray_wide;
}

// Does an endpoint elsewhere that became bad with these within the window rather belong to them, by a wrong
// edge of the inventory, than being one of those `others` that become bad by themselves?
bool IncidentBook::is_likely_stray(std::size_t members, std::size_t others, Duration window,
                                   double by_themselves_per_year) const {
  const IdentityRules& rules = rules_->identity;
  const double strays = rules.wrong_edge_ratio * static_cast<double>(members);
  const double coincidences =
      by_themselves_per_year * static_cast<double>(others) * to_seconds(window) / kSecondsPerYear;
  return strays > rules.stray_odds * coincidences;
}

bool IncidentBook::under_young_ancestor(const Hypothesis& hypothesis, Timestamp now) const {
  return std::any_of(records_.begin(), records_.end(), [&](const auto& entry) {
    const Record& record = entry.second;
    return record.is_active() && record.is_told() && !record.incident.complaint_only &&
           now - *record.incident.opened_at < rules_->identity.ancestor_age &&
           is_root_above(record.incident.root, hypothesis.root, *topology_);
  });
}

IncidentBook::Match IncidentBook::match(const Hypothesis& hypothesis) {
  if (Record* record = same_root(hypothesis)) return {record, false};
  if (hypothesis.level == Level::endpoint) {
    const auto number = owner(hypothesis.bad.front());
    if (number && contains(at(*number).incident.suspected_members, hypothesis.bad.front()))
      return {&at(*number), true};
  }
  if (Record* record = main_owner(hypothesis)) return {record, false};
  if (Record* record = related_complaints(hypothesis)) return {record, false};
  if (Record* record = covering(hypothesis)) return {record, false};
  return {stray_of(hypothesis), true};
}

void IncidentBook::reconcile(std::span<const Hypothesis> hypotheses, const Present& present,
                             Actions& actions) {
  for (auto& [number, record] : records_) record.claimed = false;
  for (const Hypothesis& hypothesis : hypotheses) {
    const Match found = match(hypothesis);
    if (found.record == nullptr) {
      const bool waits = under_young_ancestor(hypothesis, present.at);
      start(hypothesis, waits ? rules_->identity.ancestor_wait : Duration::zero(), present.at, actions);
    } else if (found.as_stray) {
      absorb_stray(*found.record, hypothesis, present.at, actions);
    } else {
      apply(*found.record, hypothesis, present.at, actions);
    }
  }
}

void IncidentBook::start(const Hypothesis& hypothesis, Duration extra_hold, Timestamp now, Actions& actions) {
  Record& record = add(hypothesis.root, hypothesis.onset, now);
  record.claimed = true;
  record.extra_hold = extra_hold;
  record.incident.complaint_only = hypothesis.complaints_only;
  record.incident.affected = hypothesis.affected;
  record.incident.customers = customers_of(hypothesis.affected);
  copy_argument(record, hypothesis);
  own(record, hypothesis.bad);
  record.incident.bad = hypothesis.bad;
  merge_covered(record, hypothesis, now, actions);
  const std::string reason = hypothesis.evidence.empty() ? "suspected" : hypothesis.evidence.front().text;
  tell(record, IncidentEvent::suspected, reason, now, actions);
}

void IncidentBook::copy_argument(Record& record, const Hypothesis& hypothesis) {
  record.level = hypothesis.level;
  record.callers = hypothesis.callers;
  record.gain_nats = hypothesis.gain_nats;
  record.margin_nats = hypothesis.margin_nats;
  record.flapping = hypothesis.flapping;
  record.tests = hypothesis.tests;
  record.argument = hypothesis.evidence;
  record.incident.alternatives = hypothesis.alternatives;
}

void IncidentBook::apply(Record& record, const Hypothesis& hypothesis, Timestamp now, Actions& actions) {
  record.claimed = true;
  const bool was_complaint_only = record.incident.complaint_only;
  const bool is_where = is_area_of_complaints(record) && says_where(hypothesis, record);
  record.incident.complaint_only = false;
  if (was_complaint_only) record.gain_nats = 0;  // what probes say counts from here on
  move_root(record, hypothesis, is_where, now, actions);
  const bool is_known = !was_complaint_only && hypothesis.level == Level::endpoint &&
                        contains_all(record.members, hypothesis.bad);
  own(record, hypothesis.bad);
  insert_all(record.incident.affected, record.members);
  remove_all(record.incident.suspected_members, hypothesis.affected);
  remove_all(record.incident.affected, record.incident.suspected_members);
  record.incident.customers = customers_of(record.incident.affected);
  if (!is_known) merge_covered(record, hypothesis, now, actions);  // else it had what it covers
  if (was_complaint_only && record.is_told())
    tell(record, IncidentEvent::updated, "probes confirm what the complaints said", now, actions);
}

// A suspicion moves freely; a told incident only up, only while it is young (B.6).
void IncidentBook::move_root(Record& record, const Hypothesis& hypothesis, bool is_where, Timestamp now,
                             Actions& actions) {
  Incident& incident = record.incident;
  if (record.is_storm) return;
  if (incident.root == hypothesis.root) {
    if (!record.is_told() || hypothesis.gain_nats >= record.gain_nats) copy_argument(record, hypothesis);
    if (!record.is_told()) incident.affected.clear();
    insert_all(incident.affected, hypothesis.affected);
    return;
  }
  const bool covers = contains_all(hypothesis.affected, incident.affected) ||
                      is_root_above(hypothesis.root, incident.root, *topology_);
  if (record.is_told() && !is_where &&
      !(covers && (is_young(record, now) || may_grow(record, hypothesis, now))))
    return;
  const std::string reason = fmt::format("not {} but {}: {}", root_name(incident.root),
                                         root_name(hypothesis.root), hypothesis.evidence.front().text);
  if (!record.is_told()) {  // what it was suspected of before is of no account
    for (const EndpointIndex member : record.members)
      if (!contains(hypothesis.bad, member)) owner_[member.value] = 0;
    record.members = hypothesis.bad;
  }
  incident.former_roots.push_back(incident.root);
  incident.root = hypothesis.root;
  copy_argument(record, hypothesis);
  record.incident.most_bad = 0;
  incident.confidence = confidence_of(record);
  if (record.is_told()) {
    insert_all(incident.affected, hypothesis.affected);
    recurrence_.note(incident.root, incident.onset);
  } else {
    incident.onset = hypothesis.onset;
    incident.affected = hypothesis.affected;
    // Its time before opening runs from when most of it would have been suspected, not one of it.
    incident.suspected_at =
        std::max(incident.suspected_at, std::min(now, hypothesis.median_onset + rules_->opening.detection));
    record.repeats = 0;
  }
  insert_all(incident.bad, hypothesis.bad);
  incident.customers = customers_of(incident.affected);
  footprint_changed_ = footprint_changed_ || record.is_told();
  tell(record, IncidentEvent::rerooted, reason, now, actions);
}

void IncidentBook::absorb_stray(Record& record, const Hypothesis& hypothesis, Timestamp now,
                                Actions& actions) {
  const bool is_new = !contains_all(record.incident.suspected_members, hypothesis.bad);
  const auto previous = owner(hypothesis.bad.front());
  own(record, hypothesis.bad);
  insert_all(record.incident.suspected_members, hypothesis.bad);
  if (!is_new) return;
  if (previous && *previous != record.incident.number && at(*previous).members.empty())
    merge(at(*previous), record, now, actions);
  note_stray(record, hypothesis.bad.front());
}

void IncidentBook::note_stray(Record& record, EndpointIndex stray) const {
  record.notes.push_back(
      {fmt::format("endpoint {} became bad at the same time although the inventory puts it elsewhere: its "
                   "entry may be wrong",
                   topology_->endpoint(stray).name),
       0});
}

// Other incidents of which nothing is left, or which lie wholly inside: the same fault.
void IncidentBook::merge_covered(Record& record, const Hypothesis& hypothesis, Timestamp now,
                                 Actions& actions) {
  for (auto& [number, other] : records_) {
    if (&other == &record || !other.is_active() || other.is_host || other.is_storm || !is_young(other, now))
      continue;
    // Most have nothing to do with it, which one look at their first member shows.
    const bool same_fault =
        other.incident.complaint_only
            ? is_what_they_mean(other, hypothesis)
            : other.members.empty() ||
                  (contains(hypothesis.affected, other.members.front()) && is_coherent(other, hypothesis) &&
                   contains_all(hypothesis.affected, other.members));
    if (same_fault) merge(other, record, now, actions);
  }
}

void IncidentBook::merge(Record& from, Record& into, Timestamp now, Actions& actions) {
  const std::string reason =
      fmt::format("the same fault as FL-{} at {}", into.incident.number, root_name(into.incident.root));
  own(into, std::vector<EndpointIndex>(from.members));
  from.incident.merged_into = into.incident.number;
  from.incident.closed_at = now;
  from.incident.bad.clear();
  from.incident.state = from.is_told() ? IncidentState::merged : IncidentState::withdrawn;
  into.incident.onset = std::min(into.incident.onset, from.incident.onset);
  footprint_changed_ = true;  // its complaints find a new home
  tell(from, from.is_told() ? IncidentEvent::merged : IncidentEvent::withdrawn, reason, now, actions);
}

}  // namespace faultline::decide
