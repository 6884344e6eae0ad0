// A wider fault is over but for parts of it (algorithms D.4): the ticket moves down to the part that most
// customers suffer from, and each further part becomes an incident of its own, linked to the first.
#include "rules/decide/cause.h"
#include "rules/decide/explain.h"
#include "rules/decide/incident_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace faultline::decide {
namespace {

// Only these can be over but for a part.
bool is_wider(const Record& record) {
  return record.is_told() && record.incident.state == IncidentState::open &&
         record.level != Level::endpoint && !record.is_host && !record.is_storm &&
         !record.incident.complaint_only;
}

// What is bad of it now; the localiser was asked some seconds ago.
std::vector<EndpointIndex> still_bad(const LastingPart& part, const std::vector<EndpointIndex>& bad) {
  std::vector<EndpointIndex> found;
  std::set_intersection(part.what.bad.begin(), part.what.bad.end(), bad.begin(), bad.end(),
                        std::back_inserter(found));
  return found;
}

bool is_node(const LastingPart& part) {
  return part.what.level != Level::endpoint;
}

// Those below the part, which are taken from the list.
std::vector<EndpointIndex> take_below(const LastingPart& part, std::vector<EndpointIndex>& list) {
  std::vector<EndpointIndex> taken;
  std::set_intersection(list.begin(), list.end(), part.what.affected.begin(), part.what.affected.end(),
                        std::back_inserter(taken));
  remove_all(list, taken);
  return taken;
}

}  // namespace

std::vector<IncidentNumber> IncidentBook::remainders_wanted(Timestamp now) const {
  std::vector<IncidentNumber> wanted;
  for (const auto& [number, record] : records_)
    if (is_wider(record) && !is_young(record, now) &&
        record.narrowing.is_due(record.incident.bad, record.incident.most_bad, now, rules_->narrowing))
      wanted.push_back(number);
  return wanted;
}

void IncidentBook::note_remainder(IncidentNumber number, const Remainder& left, Timestamp now) {
  Record& record = at(number);
  record.narrowing.note(left, record.incident.bad, *record.incident.opened_at, now, rules_->narrowing);
}

// A node that began with it. What began later is another fault (B.6), and a single endpoint that outlasts a
// wider fault is one, too (ending.last_members). One that has an incident already needs no ticket.
bool IncidentBook::may_keep_ticket(const Record& record, const LastingPart& part) {
  return part.what.level != Level::endpoint && same_root(part.what) == nullptr &&
         part.what.onset <= record.incident.onset + rules_->identity.coherence;
}

bool IncidentBook::may_have_ticket(const LastingPart& part, const Present& present) {
  const Hypothesis& what = part.what;
  double odds = what.gain_nats;
  if (what.level == Level::endpoint) {
    // Its rounds are not counted while it is one of many; that each of so long a time was bad is all they can
    // say.
    const EndpointHealth& health = present.health[what.bad.front().value];
    if (what.flapping || health.shown_since == Timestamp{} ||
        present.at - health.shown_since < rules_->narrowing.patience)
      return false;
    odds += rules_->opening.repeat_limit_nats;
  }
  return same_root(what) == nullptr && odds > opening_threshold(customers_of(what.affected), rules_->opening);
}

// What no node explains of what is left. Below a node that is left these are mostly endpoints that had not
// become well before it became bad: their onset is older, so that the localiser leaves them alone, but nobody
// has them repaired by themselves. They go with the node.
std::vector<EndpointIndex> IncidentBook::stragglers(const Record& record) {
  std::vector<EndpointIndex> found;
  for (const EndpointIndex endpoint : record.incident.bad)
    if (!record.narrowing.is_of_node(endpoint)) found.push_back(endpoint);
  return found;
}

// A node that has a ticket of its own by now takes what is left of it here.
void IncidentBook::hand_over(Record& record, const std::vector<const LastingPart*>& parts) {
  std::vector<EndpointIndex> alone = stragglers(record);
  for (const LastingPart* part : parts) {
    if (!is_node(*part)) continue;
    Record* known = same_root(part->what);
    if (known == nullptr || known == &record || !known->is_told() || known->incident.complaint_only) continue;
    std::vector<EndpointIndex> taken = still_bad(*part, record.incident.bad);
    insert_all(taken, take_below(*part, alone));
    own(*known, taken);
    insert_all(known->incident.affected, part->what.affected);
    known->incident.customers = customers_of(known->incident.affected);
  }
}

// The parts but for the keeper that become incidents of their own: nodes with all that is below them, then
// single endpoints that are below none of them.
std::vector<LastingPart> IncidentBook::offshoots(const Record& record,
                                                 const std::vector<const LastingPart*>& parts,
                                                 const LastingPart* keeper, const Present& present) {
  std::vector<LastingPart> found;
  std::vector<EndpointIndex> alone = stragglers(record);
  if (keeper != nullptr) take_below(*keeper, alone);
  for (const LastingPart* part : parts) {
    if (!is_node(*part) || part == keeper || !may_have_ticket(*part, present)) continue;
    found.push_back(*part);
    found.back().what.bad = still_bad(*part, record.incident.bad);
    insert_all(found.back().what.bad, take_below(*part, alone));
  }
  for (const LastingPart* part : parts)
    if (!is_node(*part) && contains_all(alone, part->what.bad) && may_have_ticket(*part, present))
      found.push_back(*part);
  return found;
}

// True if something was told of it.
bool IncidentBook::narrow(Record& record, const Present& present, const Observations& observations,
                          Actions& actions) {
  if (!is_wider(record)) {
    record.narrowing.clear();
    return false;
  }
  const auto settled = record.narrowing.settled(present.at, rules_->narrowing);
  if (settled.empty() || present.blocked) return false;
  const auto nodes =
      std::count_if(settled.begin(), settled.end(), [](const LastingPart* part) { return is_node(*part); });
  const bool is_over = static_cast<double>(record.incident.bad.size()) <=
                       rules_->narrowing.split_share * static_cast<double>(record.incident.most_bad);
  if (nodes > 1 && !is_over) return false;
  hand_over(record, settled);
  const LastingPart* keeper = nullptr;
  for (const LastingPart* part : settled) {
    if (still_bad(*part, record.incident.bad).empty()) return false;  // asked again soon
    if (may_keep_ticket(record, *part) &&
        (keeper == nullptr || customers_of(part->what.affected) > customers_of(keeper->what.affected)))
      keeper = part;
  }
  const auto others = is_over ? offshoots(record, settled, keeper, present) : std::vector<LastingPart>();
  if (keeper == nullptr && others.empty()) return false;
  if (!others.empty() && is_fuse_blown(present.at)) return false;  // people have enough on their hands

  const Root whole = record.incident.root;
  if (keeper != nullptr) move_down(record, LastingPart(*keeper), others, present, observations, actions);
  for (const LastingPart& part : others) split_off(record, whole, part, present, observations, actions);
  record.narrowing.clear();
  return keeper != nullptr;
}

// The same ticket, but where, how bad, why and for whom are told anew; for all the others it is over.
void IncidentBook::move_down(Record& record, const LastingPart& part, const std::vector<LastingPart>& others,
                             const Present& present, const Observations& observations, Actions& actions) {
  Incident& incident = record.incident;
  const Hypothesis& what = part.what;
  std::string reason = fmt::format(
      "not {} any more but {}: {} of the {} endpoints that were bad are left, and for {} it has "
      "explained {} of them",
      root_name(incident.root), root_name(what.root), incident.bad.size(), incident.most_bad,
      describe(present.at - part.since), what.bad.size());
  reason += fmt::format(" (better by {:.1f} nats)", std::min(record.narrowing.lead_nats(), 999.0));

  insert_all(incident.well_again, incident.affected);
  remove_all(incident.well_again, what.affected);
  for (const LastingPart& other : others) remove_all(incident.well_again, other.what.affected);
  incident.narrowed_at = present.at;

  std::vector<EndpointIndex> leave =
      record.members;  // the bad ones among them want an explanation of their own
  remove_all(leave, what.affected);
  remove_all(leave, what.bad);
  for (const EndpointIndex endpoint : leave) owner_[endpoint.value] = 0;
  released_ = released_ || intersects(leave, incident.bad);
  remove_all(record.members, leave);
  remove_all(incident.bad, leave);
  incident.suspected_members.clear();  // they went with the whole, and are among those that left

  incident.former_roots.push_back(incident.root);
  incident.root = what.root;
  incident.affected = what.affected;
  insert_all(incident.affected, record.members);
  incident.customers = customers_of(incident.affected);
  copy_argument(record, what);
  record.notes.push_back({reason, 0});
  if (!incident.causes.empty() && incident.causes.front().probability >= rules_->cause.determined)
    record.notes.push_back(
        {fmt::format("while it was at {} the likely cause was {} ({:.0f} %)",
                     root_name(incident.former_roots.back()), name(incident.causes.front().cause),
                     100 * incident.causes.front().probability),
         0});
  record.mostly_over_since.reset();
  // Judged by what is left, as if it had been that from the beginning.
  incident.most_bad = 0;
  record.features.clear();
  record.context.clear();
  judge_cause(record, present, observations);
  incident.confidence = confidence_of(record);
  incident.severity = severity_of(impact_of(record, present), rules_->severity);
  record.severity = SeverityMemory(incident.severity);
  footprint_changed_ = true;
  tell(record, IncidentEvent::rerooted, reason, present.at, actions);
}

// It has waited longer than any hold, so that it opens at once.
void IncidentBook::split_off(Record& record, const Root& whole, const LastingPart& part,
                             const Present& present, const Observations& observations, Actions& actions) {
  const Hypothesis& what = part.what;
  const std::optional<IncidentNumber> follows = last_at(what.root);
  Record& own_one = add(what.root, what.onset, part.since);
  Incident& incident = own_one.incident;
  incident.split_from = record.incident.number;
  incident.follows = follows;
  incident.affected = what.affected;
  incident.customers = customers_of(incident.affected);
  copy_argument(own_one, what);
  own(own_one, what.bad);
  incident.bad = what.bad;
  own_one.last_bad = present.at;
  own_one.repeats = static_cast<std::uint32_t>(
      std::ceil(rules_->opening.repeat_limit_nats / std::max(rules_->opening.repeat_nats, 1e-6)));
  assess(own_one, present, observations);
  incident.state = IncidentState::open;
  incident.opened_at = present.at;
  openings_.push_back(present.at);
  footprint_changed_ = true;
  const std::string reason = fmt::format(
      "split from FL-{}: {} is well again but for parts of it, and for {} {} has been one, with {} bad "
      "endpoints",
      record.incident.number, root_name(whole), describe(present.at - part.since), root_name(what.root),
      what.bad.size());
  own_one.notes.push_back({reason, log_odds_of(own_one, rules_->opening)});
  tell(own_one, IncidentEvent::opened, reason, present.at, actions);
}

}  // namespace faultline::decide
