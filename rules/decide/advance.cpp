// Time passes: what is known of each incident is gathered, the life cycle decides, and the words follow.
#include "rules/decide/explain.h"
#include "rules/decide/incident_book.h"
#include "rules/decide/vicinity.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace faultline::decide {
namespace {

constexpr Duration kKeepEnded = std::chrono::hours(24);
constexpr Duration kKeepWithdrawn = std::chrono::hours(1);  // never told; a day has thousands
constexpr Duration kForgetEvery = std::chrono::minutes(1);

Duration hold_of(const Record& record, const Present& present, const OpeningRules& rules) {
  if (record.incident.complaint_only) return rules.hold_complaints;
  if (record.flapping) return rules.hold_flapping;
  switch (record.level) {
    case Level::wide:
      return rules.hold_wide;
    case Level::site:
      return rules.hold_site;
    default:
      break;
  }
  const bool is_gone = std::any_of(record.members.begin(), record.members.end(), [&](EndpointIndex member) {
    return present.health[member.value].bad_in(Respect::reachability);
  });
  return is_gone ? rules.hold_endpoint : rules.hold_endpoint_worse;
}

// What the hold counts from. A single endpoint must have been bad all the time: two short troubles are not a
// long one.
Timestamp held_since(const Record& record, const Present& present) {
  const Timestamp since = record.incident.suspected_at;
  if (record.level != Level::endpoint || record.flapping || record.members.size() != 1) return since;
  const EndpointHealth& health = present.health[record.members.front().value];
  if (!is_bad(health)) return since;
  return health.shown_since == Timestamp{} ? present.at : std::max(since, health.shown_since);
}

}  // namespace

// Who is bad now.
void IncidentBook::refresh(Record& record, const Present& present) {
  Incident& incident = record.incident;
  incident.bad.clear();
  for (const EndpointIndex endpoint : record.members)
    if (is_bad(present.health[endpoint.value])) incident.bad.push_back(endpoint);
  let_go(record, present);
  if (!incident.bad.empty() || record.last_bad == Timestamp{}) record.last_bad = present.at;
}

// What outlasts the others, or began when they were over, is a fault of its own: strays, and the last few
// members, unless a node explains them: then the incident may move down to it (split.cpp).
void IncidentBook::let_go(Record& record, const Present& present) {
  Incident& incident = record.incident;
  if (incident.bad.empty() || !record.is_told()) return;
  std::vector<EndpointIndex> gone;
  if (contains_all(incident.suspected_members, incident.bad)) {
    gone = incident.bad;
  } else if (is_mostly_over(record)) {
    if (!record.mostly_over_since) record.mostly_over_since = present.at;
    const bool patience_is_over = present.at - *record.mostly_over_since >= rules_->ending.last_members;
    for (const EndpointIndex endpoint : incident.bad) {
      const bool is_late = present.health[endpoint.value].onset > incident.onset + rules_->identity.coherence;
      if (is_late || (patience_is_over && !record.narrowing.is_of_node(endpoint))) gone.push_back(endpoint);
    }
  } else {
    record.mostly_over_since.reset();
  }
  if (gone.empty()) return;
  for (const EndpointIndex endpoint : gone) owner_[endpoint.value] = 0;
  remove_all(record.members, gone);
  remove_all(incident.suspected_members, gone);
  remove_all(incident.bad, gone);
  released_ = true;
}

// A suspicion of single endpoints is judged anew when one of them was measured: most suspicions are of one,
// and there are many. What is larger, told, or lives on complaints changes by itself.
bool IncidentBook::is_news(Record& record, const Present& present) {
  if (record.level != Level::endpoint || record.is_told() || record.incident.complaint_only) return true;
  Timestamp latest{};
  for (const EndpointIndex member : record.members)
    latest = std::max(latest, present.health[member.value].measured);
  return std::exchange(record.assessed, latest) != latest;
}

// Hardly anything of a wider fault is left.
bool IncidentBook::is_mostly_over(const Record& record) const {
  if (record.level == Level::endpoint || record.is_storm || record.incident.complaint_only) return false;
  constexpr std::size_t kFew = 4;  // of which one is not "a small part"
  const double part = rules_->ending.last_share * static_cast<double>(record.incident.most_bad);
  return record.incident.most_bad >= kFew &&
         static_cast<double>(record.incident.bad.size()) <= std::max(1.0, part);
}

LifecycleFacts IncidentBook::facts_of(const Record& record, const Present& present) const {
  const OpeningRules& rules = rules_->opening;
  LifecycleFacts facts;
  facts.state = record.incident.state;
  facts.now = present.at;
  facts.suspected_at = held_since(record, present);
  facts.recovered_at = record.incident.recovered_at;
  facts.resolved_at = record.incident.resolved_at;
  facts.hold = hold_of(record, present, rules) + record.extra_hold;
  facts.log_odds = log_odds_of(record, rules_->opening);
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
    if (present.is_unseen(endpoint)) continue;
    const bool shows = is_bad(health) && !health.better;
    if (present.at - health.measured > (shows ? rules.fresh : rules.fresh_good)) continue;
    ++facts.fresh;
    if (shows) ++facts.fresh_bad;
  }
  if (record.members.empty()) facts.recovered_share = 1;  // all went to other incidents
  if (counted > 0) {
    facts.recovered_share = static_cast<double>(good) / counted;
    facts.missing_share = static_cast<double>(missing) / counted;
  }
  return facts;
}

bool IncidentBook::reopen_earlier(Record& record, Timestamp now, Actions& actions) {
  const Duration window =
      record.level == Level::endpoint ? rules_->ending.reopen_endpoint : rules_->ending.reopen;
  for (auto& [number, earlier] : records_) {
    Incident& incident = earlier.incident;
    const bool is_same =
        incident.root == record.incident.root || (incident.complaint_only && record.incident.complaint_only &&
                                                  is_same_area(incident.root, record.incident.root));
    if (incident.state != IncidentState::resolved || !is_same || now - *incident.resolved_at > window)
      continue;
    incident.state = IncidentState::open;
    ++incident.reopens;
    incident.resolved_at.reset();
    incident.recovered_at.reset();
    incident.bad = record.incident.bad;
    insert_all(incident.affected, record.incident.affected);
    incident.customers = customers_of(incident.affected);
    take_relapse(earlier, record, now);
    earlier.last_bad = now;
    footprint_changed_ = true;
    own_free(earlier, std::exchange(earlier.members, {}));  // others may have got some of them since
    merge(record, earlier, now, actions);
    tell(earlier, IncidentEvent::reopened,
         fmt::format("{} is bad again within {} of the end", root_name(incident.root), describe(window)), now,
         actions);
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

// A told incident above it whose members show the same kind of trouble: a part of it that was seen later.
// That something below a congested ring is bad by itself meanwhile, and in the same way, is far less likely.
bool IncidentBook::join_wider(Record& record, const Present& present, Actions& actions) {
  if (record.level == Level::wide || record.flapping || record.incident.complaint_only || record.is_storm)
    return false;
  const auto is_gone = [&](EndpointIndex e) { return present.health[e.value].bad_in(Respect::reachability); };
  const std::vector<EndpointIndex>& own_bad = record.incident.bad;
  const bool gone = std::any_of(own_bad.begin(), own_bad.end(), is_gone);
  for (auto& [number, other] : records_) {
    const std::vector<EndpointIndex>& bad = other.incident.bad;
    if (!other.is_active() || !other.is_told() || other.level <= record.level || other.is_storm ||
        other.incident.complaint_only || bad.empty() || is_mostly_over(other) ||
        !is_root_above(other.incident.root, record.incident.root, *topology_))
      continue;
    const auto alike = std::count_if(bad.begin(), bad.end(), [&](auto e) { return is_gone(e) == gone; });
    if (2 * alike <= static_cast<std::ptrdiff_t>(bad.size())) continue;
    if (gone && !contains_all(other.incident.affected, own_bad)) continue;  // a cut has a sharp edge
    insert_all(other.incident.affected, own_bad);
    other.incident.customers = customers_of(other.incident.affected);
    merge(record, other, present.at, actions);
    return true;
  }
  return false;
}

// Of the endpoints that are suspected at one time most are well again before they are believed, so that while
// it is suspected an endpoint may be anything. One that is about to open is a fault, of itself or of what
// broke at the same time elsewhere: an inventory has more wrong entries than endpoints break in a minute.
bool IncidentBook::join_as_stray(Record& record, const Present& present, Actions& actions) {
  if (record.level != Level::endpoint || record.flapping || record.incident.complaint_only ||
      record.members.size() != 1)
    return false;
  const EndpointIndex stray = record.members.front();
  const auto is_gone = [&](EndpointIndex e) { return present.health[e.value].bad_in(Respect::reachability); };
  for (auto& [number, other] : records_) {
    const std::vector<EndpointIndex>& bad = other.incident.bad;
    if (!other.is_active() || !other.is_told() || other.level == Level::endpoint || other.is_storm ||
        other.is_host || other.incident.complaint_only || bad.empty() || is_mostly_over(other) ||
        !is_likely_stray(other.members.size(), topology_->endpoints().size(), stray_window(other),
                         rules_->identity.endpoint_faults_per_year))
      continue;
    const Duration window = stray_window(other);
    const bool is_known_stray = contains(other.incident.suspected_members, stray);
    // Its members say when it broke: what it took in at its beginning may have been bad before.
    const auto alike = std::count_if(bad.begin(), bad.end(), [&](EndpointIndex e) {
      return is_gone(e) == is_gone(stray) &&
             std::chrono::abs(present.health[e.value].onset - record.incident.onset) <= window;
    });
    const auto with_it = static_cast<std::size_t>(alike);
    if (!is_known_stray && 2 * with_it <= bad.size() && !is_late_stray(other, stray, with_it)) continue;
    insert_all(other.incident.suspected_members, {stray});
    if (!is_known_stray) note_stray(other, stray);
    merge(record, other, present.at, actions);
    return true;
  }
  return false;
}

// What comes on by and by takes in its strays later, too: of its members only some became bad as that
// endpoint did. Where it stands amid them, only what is there could be a coincidence.
bool IncidentBook::is_late_stray(const Record& record, EndpointIndex stray, std::size_t with_it) const {
  const auto& place = topology_->endpoint(stray).place;
  const auto around = vicinity_of(*topology_, record.incident.affected);
  return place && around && around->has(*place) &&
         is_likely_stray(with_it, count_in(*around, *topology_), stray_window(record),
                         rules_->identity.endpoint_faults_per_year);
}

bool IncidentBook::join_silent(Record& record, Timestamp now, Actions& actions) {
  const Incident& incident = record.incident;
  if (!incident.complaint_only) return false;
  Record* silent = silent_fault_around(incident.root, record.callers, incident.onset);
  if (silent == nullptr) return false;
  leave_to(*silent, incident.root);
  merge(record, *silent, now, actions);
  return true;
}

// Announced work began when it became bad, and the inventory puts it elsewhere: it waits until the work is
// over.
bool IncidentBook::is_likely_work(const Record& record, const Present& present) const {
  const IdentityRules& rules = rules_->identity;
  if (record.level != Level::endpoint || record.flapping || record.incident.complaint_only) return false;
  return std::any_of(present.works.begin(), present.works.end(), [&](const Work& work) {
    return std::chrono::abs(record.incident.onset - work.begins) <= rules.stray_wide &&
           is_likely_stray(work.endpoints, topology_->endpoints().size(), rules.stray_wide,
                           rules.endpoint_faults_per_year);
  });
}

void IncidentBook::open(Record& record, const LifecycleFacts& facts, const Present& present,
                        Actions& actions) {
  const Timestamp now = present.at;
  if (is_likely_work(record, present)) return;
  if (join_wider(record, present, actions) || join_as_stray(record, present, actions) ||
      join_silent(record, now, actions))
    return;
  if (reopen_earlier(record, now, actions) || fold_into_storm(record, now, actions)) return;
  record.incident.follows = last_at(record.incident.root);
  record.incident.state = IncidentState::open;
  record.incident.opened_at = now;
  openings_.push_back(now);
  recurrence_.note(record.incident.root, record.incident.onset);
  footprint_changed_ = true;
  std::string reason = why_opened(record, facts, root_name(record.incident.root));
  if (!record.overrun.empty())
    reason += fmt::format("; maintenance {} is over and it is still bad: overrun", record.overrun);
  if (record.flapping) reason += "; it goes up and down: unstable";
  record.notes.push_back({reason, facts.log_odds});
  tell(record, IncidentEvent::opened, reason, now, actions);
}

void IncidentBook::step(Record& record, const Present& present, const Observations& observations,
                        Actions& actions) {
  Incident& incident = record.incident;
  const Timestamp now = present.at;
  if (end_if_root_is_gone(record, now, actions)) return;
  if (record.is_host && incident.state != IncidentState::resolved) return;
  if (incident.state != IncidentState::resolved) {
    refresh(record, present);
    if (is_news(record, present)) assess(record, present, observations);
    if (narrow(record, present, observations, actions)) return;
  }
  const LifecycleFacts facts = facts_of(record, present);
  record.due = facts.suspected_at + facts.hold;
  const LifecycleStep step = next_step(facts, *rules_);
  if (step.next == incident.state) {
    if (record.is_told() && record.is_active()) tell_update(record, now, actions);
    return;
  }
  if (incident.state == IncidentState::suspected && step.next == IncidentState::open)
    return open(record, facts, present, actions);
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
  put_away(present.at);
}

// What has ended is kept for a while, out of the way.
void IncidentBook::put_away(Timestamp now) {
  for (auto entry = records_.begin(); entry != records_.end();) {
    const auto next = std::next(entry);
    if (has_ended(entry->second.incident.state)) ended_.insert(records_.extract(entry));
    entry = next;
  }
  if (now - forgot_ < kForgetEvery) return;
  forgot_ = now;
  for (auto entry = ended_.begin(); entry != ended_.end();) {
    const Incident& incident = entry->second.incident;
    const Duration kept = entry->second.is_told() ? kKeepEnded : kKeepWithdrawn;
    const bool old = incident.closed_at && now - *incident.closed_at > kept;
    if (old)
      for (const std::string& complaint : incident.complaints) complaint_owner_.erase(complaint);
    entry = old ? ended_.erase(entry) : std::next(entry);
  }
}

}  // namespace faultline::decide
