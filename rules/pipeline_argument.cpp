// The whole argument of an incident, put together when it is told of. What the stages know of it meets here.
#include "rules/correlate/weigh.h"
#include "rules/correlate/what_if.h"
#include "rules/decide/argument.h"
#include "rules/pipeline_impl.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

namespace faultline {
namespace {

constexpr double kGrown = 1.1;  // so many more bad members are worth a new argument
constexpr std::size_t kCrowd = 16, kFew = 3;

// What changes the argument; that an incident ends does not.
bool changes_argument(IncidentEvent event) {
  return event == IncidentEvent::suspected || event == IncidentEvent::opened ||
         event == IncidentEvent::updated || event == IncidentEvent::rerooted ||
         event == IncidentEvent::reopened || event == IncidentEvent::relapsed;
}

}  // namespace

// What the localiser was asked last, as far as it still holds, with the members of the incident: an old
// incident's members are not explained anew, and count as much as a confirmed bad endpoint may.
std::vector<correlate::BadEndpoint> Pipeline::Impl::asked_with(const decide::Record& record) const {
  std::vector<correlate::BadEndpoint> pool;
  for (const correlate::BadEndpoint& one : asked)
    if (decide::is_bad(detector.health(one.endpoint))) pool.push_back(one);
  std::sort(pool.begin(), pool.end(), [](const auto& a, const auto& b) { return a.endpoint < b.endpoint; });
  std::vector<correlate::BadEndpoint> members;
  for (const EndpointIndex member : record.incident.bad) {
    const auto found = std::lower_bound(pool.begin(), pool.end(), member,
                                        [](const auto& one, EndpointIndex e) { return one.endpoint < e; });
    if (found != pool.end() && found->endpoint == member) continue;
    const EndpointHealth& health = detector.health(member);
    const bool flapping = health.state == HealthState::flapping;
    const double worth = rules->correlate.localise.bad_nats;
    members.push_back({member, flapping ? worth / 2 : worth, health.onset, flapping});
  }
  const auto middle = pool.insert(pool.end(), members.begin(), members.end());
  std::inplace_merge(pool.begin(), middle, pool.end(),
                     [](const auto& a, const auto& b) { return a.endpoint < b.endpoint; });
  return pool;
}

Argument Pipeline::Impl::argument_of(const decide::Record& record, IncidentEvent event, const Crowd& crowd,
                                     Timestamp now) const {
  const Incident& incident = record.incident;
  Argument argument;
  argument.at = now;
  argument.occasion = std::string(name(event));
  argument.told = record.is_told();
  argument.bad_members = static_cast<std::uint32_t>(incident.bad.size());
  const decide::Present current = present(now);
  decide::add_measured(argument, record, current, *topology, detector.figures(incident.bad));
  const auto pool = asked_with(record);
  const correlate::HealthyAfter is_healthy = healthy_after();
  const correlate::Question question{
      *footprints, rules->correlate.localise, pool, is_healthy, incident.root, incident.bad, incident.onset};
  correlate::count_around(question, argument);
  // A day has thousands of suspicions of single endpoints, and a storm a thousand of sites in one second;
  // what else could explain one of them is worth its cost only when it is believed.
  if (record.is_told() || (record.level != Level::endpoint && crowd.changes <= kCrowd))
    correlate::weigh(question, argument);
  const decide::LifecycleFacts facts = book.facts(incident.number, current);
  decide::add_opening(argument, record, facts, rules->decide);
  if (record.is_told()) {
    argument.would_change =
        correlate::what_if(question, correlate::kWhatIfBudget * kFew / std::max(kFew, crowd.told));
    decide::add_causes_to_come(argument, record, *topology, rules->decide.cause);
  }
  decide::add_time_to_come(argument, record, facts, rules->decide);
  return argument;
}

// Arguments for what was told in this tick. While an incident goes on it keeps its argument of the time when
// most of it was bad and the figures it opened by; only which cause would be likely is said anew.
void Pipeline::Impl::argue(Timestamp now, Actions& actions) {
  Crowd crowd;
  for (const Action& action : actions) {
    const auto* change = std::get_if<IncidentChanged>(&action.detail);
    if (change == nullptr) continue;
    ++crowd.changes;
    if (change->incident.opened_at) ++crowd.told;
  }
  for (Action& action : actions) {
    auto* change = std::get_if<IncidentChanged>(&action.detail);
    if (change == nullptr || !changes_argument(change->event)) continue;
    const decide::Record* record = book.find(change->incident.number);
    if (record == nullptr || record->incident.revision != change->incident.revision || record->is_host ||
        has_ended(record->incident.state))
      continue;
    const auto& before = record->incident.argument;
    const bool goes_on =
        before && before->told &&
        (change->event == IncidentEvent::updated || change->event == IncidentEvent::relapsed);
    const bool grew =
        !goes_on || static_cast<double>(record->incident.bad.size()) > kGrown * before->bad_members;
    Argument made = grew ? argument_of(*record, change->event, crowd, now) : *before;
    if (!grew && !record->features.empty()) {  // after a restart they are not known any more
      std::erase_if(made.would_change, [](const WhatIf& one) { return one.kind == WhatIfKind::cause; });
      decide::add_causes_to_come(made, *record, *topology, rules->decide.cause);
    } else if (goes_on) {
      made.opening = before->opening;
    }
    auto argument = std::make_shared<const Argument>(std::move(made));
    book.set_argument(change->incident.number, argument);
    change->incident.argument = std::move(argument);
  }
}

}  // namespace faultline
