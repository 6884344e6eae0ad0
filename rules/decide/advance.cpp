// Time passes: what is known of each incident is gathered, the life cycle decides, and the words follow.
#include "rules/decide/cause.h"
#include "rules/decide/explain.h"
#include "rules/decide/incident_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace faultline::decide {
namespace {

constexpr Duration kKeepEnded = std::chrono::hours(24);

Duration hold_of(const Record& record, const OpeningRules& rules) {
  if (record.incident.complaint_only) return rules.hold_complaints;
  if (record.flapping) return rules.hold_flapping;
  switch (record.level) {
    case Level::wide:
      return rules.hold_wide;
    case Level::site:
      return rules.hold_site;
    default:
      return rules.hold_endpoint;
  }
}

double log_odds_of(const Record& record, const OpeningRules& rules) {
  if (record.level != Level::endpoint || record.incident.complaint_only) return record.gain_nats;
  return record.gain_nats + std::min(rules.repeat_limit_nats, rules.repeat_nats * record.repeats);
}

double probability(double log_odds) {
  return 1 / (1 + std::exp(-log_odds));
}

}  // namespace

// Who is bad now.
void IncidentBook::refresh(Record& record, const Present& present) {
  Incident& incident = record.incident;
  incident.bad.clear();
  for (const EndpointIndex endpoint : record.members)
    if (is_bad(present.health[endpoint.value])) incident.bad.push_back(endpoint);
  // Strays that outlast the others are a fault of their own.
  if (!incident.bad.empty() && record.is_told() && contains_all(incident.suspected_members, incident.bad)) {
    for (const EndpointIndex stray : incident.bad) owner_.erase(stray);
    remove_all(record.members, incident.bad);
    remove_all(incident.suspected_members, incident.bad);
    incident.bad.clear();
  }
  if (!incident.bad.empty() || record.last_bad == Timestamp{}) record.last_bad = present.at;
}

LifecycleFacts IncidentBook::facts_of(const Record& record, const Present& present) const {
  const OpeningRules& rules = rules_->opening;
  LifecycleFacts facts;
  facts.state = record.incident.state;
  facts.now = present.at;
  facts.suspected_at = record.incident.suspected_at;
  facts.recovered_at = record.incident.recovered_at;
  facts.resolved_at = record.incident.resolved_at;
  facts.hold = hold_of(record, rules) + record.extra_hold;
  facts.log_odds = log_odds_of(record, rules);
  facts.threshold = opening_threshold(record.incident.customers, rules);
  facts.bad = static_cast<std::uint32_t>(record.incident.bad.size());
  facts.complaint_only = record.incident.complaint_only;
  facts.complaints_hold = !record.incident.complaints.empty();
  facts.parent_measured = record.parent_measured;
  facts.blocked = present.blocked;
  facts.recovery = recovery_time(record.incident.reopens, rules_->ending);
  facts.quiet = present.at - std::max(record.last_complaint, record.incident.suspected_at);
  std::uint32_t counted = 0, good = 0, missing = 0;
  for (const EndpointIndex endpoint : record.members) {
    const EndpointHealth& health = present.health[endpoint.value];
    if (health.state == HealthState::masked) continue;
    ++counted;
    if (health.state == HealthState::unknown) ++missing;
    if (health.clean && health.measured > record.last_bad && health.state == HealthState::ok) ++good;
    if (present.at - health.measured > rules.fresh) continue;
    ++facts.fresh;
    if (is_bad(health) && !health.better) ++facts.fresh_bad;
  }
  if (counted > 0) {
    facts.recovered_share = static_cast<double>(good) / counted;
    facts.missing_share = static_cast<double>(missing) / counted;
  }
  return facts;
}

// Cause, severity and confidence from what is known now.
void IncidentBook::assess(Record& record, const Present& present, const Observations& observations) {
  Incident& incident = record.incident;
  if (record.is_host) {
    incident.causes = {{Cause::probe_host, 1.0, {"the probe host fails its own checks"}}};
    return;
  }
  if (!incident.bad.empty() || incident.complaint_only)  // what is over is not judged by its absence
    incident.causes = rank_causes(observations.of(record, *topology_, present, rules_->cause), rules_->cause);
  const double odds = log_odds_of(record, rules_->opening);
  incident.confidence =
      probability(record.level == Level::endpoint ? odds : std::min(odds, record.margin_nats));

  Impact impact;
  for (const EndpointIndex endpoint : incident.bad)
    impact.weighted_customers += topology_->endpoint(endpoint).customers *
                                 impact_weight(present.health[endpoint.value].loss_ratio, rules_->severity);
  if (incident.complaint_only)
    impact.weighted_customers = std::min(static_cast<double>(incident.customers),
                                         100.0 * static_cast<double>(incident.complaints.size()));
  if (const auto* node = std::get_if<NodeIndex>(&incident.root)) {
    const NodeKind kind = topology_->node(*node).kind;
    impact.whole_network = kind == NodeKind::core || kind == NodeKind::upstream;
  }
  impact.long_lasting =
      incident.opened_at && present.at - *incident.opened_at > rules_->severity.long_lasting;
  if (record.flapping) impact = {};
  if (incident.state == IncidentState::suspected)
    record.severity = SeverityMemory(severity_of(impact, rules_->severity));
  else if (incident.state == IncidentState::open)
    record.severity.update(severity_of(impact, rules_->severity), present.at, rules_->severity);
  incident.severity = record.severity.current();
}

bool IncidentBook::reopen_earlier(Record& record, Timestamp now, Actions& actions) {
  for (auto& [number, earlier] : records_) {
    Incident& incident = earlier.incident;
    if (incident.state != IncidentState::resolved || incident.root != record.incident.root ||
        now - *incident.resolved_at > rules_->ending.reopen)
      continue;
    incident.state = IncidentState::open;
    ++incident.reopens;
    incident.resolved_at.reset();
    incident.recovered_at.reset();
    incident.bad = record.incident.bad;
    incident.evidence = record.incident.evidence;
    insert_all(incident.affected, record.incident.affected);
    earlier.last_bad = now;
    footprint_changed_ = true;
    merge(record, earlier, now, actions);
    tell(earlier, IncidentEvent::reopened,
         fmt::format("{} is bad again within {} of the end", root_name(incident.root),
                     describe(rules_->ending.reopen)),
         now, actions);
    return true;
  }
  return false;
}

// Its node or endpoint was taken out of the inventory.
bool IncidentBook::end_if_root_is_gone(Record& record, Timestamp now, Actions& actions) {
  if (is_known(record.incident.root, *topology_) || record.incident.state >= IncidentState::resolved)
    return false;
  record.incident.bad.clear();
  release(record);
  const bool told = record.is_told();
  record.incident.state = told ? IncidentState::resolved : IncidentState::withdrawn;
  (told ? record.incident.resolved_at : record.incident.closed_at) = now;
  tell(record, told ? IncidentEvent::resolved : IncidentEvent::withdrawn,
       fmt::format("{} is no longer in the inventory", root_name(record.incident.root)), now, actions);
  return true;
}

void IncidentBook::open(Record& record, const LifecycleFacts& facts, Timestamp now, Actions& actions) {
  if (reopen_earlier(record, now, actions) || fold_into_storm(record, now, actions)) return;
  record.incident.follows = last_at(record.incident.root);
  record.incident.state = IncidentState::open;
  record.incident.opened_at = now;
  openings_.push_back(now);
  footprint_changed_ = true;
  const std::string cause = describe_cause(record.incident.causes, rules_->cause);
  if (!cause.empty()) record.incident.evidence.push_back({cause, 0});
  std::string reason = why_opened(record, facts, root_name(record.incident.root));
  if (!record.overrun.empty())
    reason += fmt::format("; maintenance {} is over and it is still bad: overrun", record.overrun);
  if (record.flapping) reason += "; it goes up and down: unstable";
  record.incident.evidence.push_back({reason, facts.log_odds});
  tell(record, IncidentEvent::opened, reason, now, actions);
}

// Tells what changed, but not every second.
void IncidentBook::tell_update(Record& record, Severity before, Cause cause_before, Timestamp now,
                               Actions& actions) {
  const Incident& incident = record.incident;
  if (incident.severity < before) {
    tell(record, IncidentEvent::updated,
         fmt::format("severity raised from {} to {}", name(before), name(incident.severity)), now, actions);
    return;
  }
  if (now - record.last_told < rules_->identity.update_spacing) return;
  const Cause cause = incident.causes.empty() ? cause_before : incident.causes.front().cause;
  const auto difference = static_cast<double>(incident.bad.size()) - static_cast<double>(record.told_bad);
  const bool many =
      std::abs(difference) > 0.2 * static_cast<double>(std::max<std::size_t>(record.told_bad, 1));
  if (incident.severity == before && cause == cause_before && !many &&
      incident.complaints.size() == record.told_complaints)
    return;
  tell(record, IncidentEvent::updated,
       fmt::format("{} endpoints bad, {} complaints, severity {}, cause {}", incident.bad.size(),
                   incident.complaints.size(), name(incident.severity), name(cause)),
       now, actions);
}

void IncidentBook::step(Record& record, const Present& present, const Observations& observations,
                        Actions& actions) {
  Incident& incident = record.incident;
  const Timestamp now = present.at;
  if (end_if_root_is_gone(record, now, actions)) return;
  if (record.is_host && incident.state != IncidentState::resolved) return;
  const Severity severity = incident.severity;
  const Cause cause = incident.causes.empty() ? Cause::transport : incident.causes.front().cause;
  if (incident.state != IncidentState::resolved) {
    refresh(record, present);
    assess(record, present, observations);
  }
  const LifecycleFacts facts = facts_of(record, present);
  record.due = facts.suspected_at + facts.hold;
  const LifecycleStep step = next_step(facts, *rules_);
  if (step.next == incident.state) {
    if (incident.state == IncidentState::open) tell_update(record, severity, cause, now, actions);
    return;
  }
  if (incident.state == IncidentState::suspected && step.next == IncidentState::open)
    return open(record, facts, now, actions);
  const std::string reason = why_ended(step, facts, record);
  incident.state = step.next;
  switch (step.next) {
    case IncidentState::recovering:
      incident.recovered_at = now;
      return tell(record, IncidentEvent::recovering, reason, now, actions);
    case IncidentState::open:
      incident.recovered_at.reset();
      return tell(record, IncidentEvent::relapsed, reason, now, actions);
    case IncidentState::resolved:
      incident.resolved_at = now;
      release(record);
      return tell(record, IncidentEvent::resolved, reason, now, actions);
    case IncidentState::closed:
      incident.closed_at = now;
      return tell(record, IncidentEvent::closed, reason, now, actions);
    default:
      incident.closed_at = now;
      release(record);
      return tell(record, IncidentEvent::withdrawn, reason, now, actions);
  }
}

void IncidentBook::advance(const Present& present, const Observations& observations, Actions& actions) {
  std::vector<IncidentNumber> running;
  for (const auto& [number, record] : records_)
    if (!has_ended(record.incident.state)) running.push_back(number);
  for (const IncidentNumber number : running) {
    Record& record = records_.at(number);
    if (!has_ended(record.incident.state)) step(record, present, observations, actions);
  }
  forget_old(present.at);
}

void IncidentBook::forget_old(Timestamp now) {
  for (auto entry = records_.begin(); entry != records_.end();) {
    const Incident& incident = entry->second.incident;
    const bool old =
        has_ended(incident.state) && incident.closed_at && now - *incident.closed_at > kKeepEnded;
    if (old)
      for (const std::string& complaint : incident.complaints) complaint_owner_.erase(complaint);
    entry = old ? records_.erase(entry) : std::next(entry);
  }
}

}  // namespace faultline::decide
