// What happens once a second: the probe host, maintenance, looking around, localising, and the life cycle.
#include "rules/correlate/hidden_risk.h"
#include "rules/correlate/localiser.h"
#include "rules/correlate/remainder.h"
#include "rules/correlate/siblings.h"
#include "rules/model/step_back.h"
#include "rules/pipeline_impl.h"

#include <algorithm>
#include <chrono>

namespace faultline {

void Pipeline::Impl::on(const Tick& tick, Actions& actions) {
  const Timestamp now = tick.at;
  if (now < ticked) set_back(now, ticked - now);
  ticked = now;
  latest = std::max(latest, now);
  check_hosts(tick, actions);
  apply_maintenance(now, actions);
  if (has_eyes()) {
    detector.on_tick(now, events);
    take_events(now, actions);
    look_around(now);
    if (!is_settling(now)) localise(now, actions);
    if (!is_settling(now)) localise_remainders(now);
    measure_parents();
    book.advance(present(now), observations, actions);
    remeasure_members(now);
  }
  if (book.take_silent_ended()) gathered.reset();
  if (book.take_footprint_changed()) {
    attach_anew(now, actions);
    book.renew(actions);
  }
  scan_postponed(now, actions);
  scan_the_night(now, actions);
  scan_areas(now, actions);
  argue(now, actions);
  forget_complaints(now);
  send_bursts(now, actions);
}

// The clock was set back. Nothing may wait until it has caught up: neither what is counted from a time that
// now lies ahead, nor complaints, which are looked for in the time before the newest one.
void Pipeline::Impl::set_back(Timestamp now, Duration by) {
  for (decide::HostGuard& guard : guards) guard.set_back(now, by);
  book.set_back(now, by);
  bursts.set_back(now, by);
  step_back(swept, now, by);
  for (Timestamp& one : became_bad) step_back(one, now, by);
  for (Overrun& one : overruns) step_back(one.since, now, by);
  Timestamp before{};
  for (Kept& kept : complaints) {
    step_back(kept.complaint.received, now, by);
    step_back(kept.arrived, now, by);
    kept.arrived = std::max({kept.arrived, kept.complaint.received, before});
    before = kept.arrived;
  }
  for (auto& [customer, counted] : counted_customers) step_back(counted, now, by);
  gathered.reset();
  target_changes.forget();
  latest = now;
}

std::vector<EndpointIndex> Pipeline::Impl::below(const Maintenance& window) const {
  if (window.endpoint && window.endpoint->value < topology->endpoints().size()) return {*window.endpoint};
  if (!window.node || window.node->value >= topology->nodes().size()) return {};
  const auto endpoints = footprints->endpoints(*window.node);
  return {endpoints.begin(), endpoints.end()};
}

void Pipeline::Impl::apply_maintenance(Timestamp now, Actions& actions) {
  const MaintenanceRules& maintenance = rules->decide.maintenance;
  std::map<std::string, std::vector<EndpointIndex>> in_force;
  works.clear();
  for (const Maintenance& window : windows) {
    if (now < window.begins || now >= window.ends + maintenance.grace) continue;
    auto known = running.find(window.id);
    if (known == running.end()) known = running.emplace(window.id, below(window)).first;
    if (now < window.ends) works.push_back({window.begins, known->second.size()});
    in_force.insert(running.extract(known));
  }
  for (const auto& [id, endpoints] : running)
    overruns.push_back({id, now, endpoints});  // those that are over
  if (mask_is_stale || in_force.size() != masking.size() ||
      !std::equal(in_force.begin(), in_force.end(), masking.begin(),
                  [](const auto& window, const std::string& id) { return window.first == id; })) {
    EndpointSet wanted;
    masking.clear();
    for (const auto& [id, endpoints] : in_force) {
      for (const EndpointIndex endpoint : endpoints) wanted.insert(endpoint);
      masking.push_back(id);
    }
    mask_is_stale = false;
    if (wanted != masked) set_mask(wanted, now, actions);
  }
  running = std::move(in_force);
  std::erase_if(overruns, [&](const Overrun& one) { return now - one.since > maintenance.overrun; });
  for (const Overrun& one : overruns) book.mark_overrun(one.below, one.since, one.window);
}

void Pipeline::Impl::set_mask(const EndpointSet& wanted, Timestamp now, Actions& actions) {
  for (const EndpointIndex endpoint : wanted)
    if (!masked.contains(endpoint)) detector.set_masked(endpoint, true, now, events);
  for (const EndpointIndex endpoint : masked)
    if (!wanted.contains(endpoint)) detector.set_masked(endpoint, false, now, events);
  masked = wanted;
  gathered.reset();
  take_events(now, actions);
}

bool Pipeline::Impl::is_open_question(EndpointIndex endpoint, Timestamp since) const {
  const EndpointHealth& health = detector.health(endpoint);
  return (health.state == HealthState::ok || health.state == HealthState::unknown) &&
         health.measured <= since;
}

// Endpoints that became bad within the correlation window, by the nodes above them.
std::vector<std::uint32_t> Pipeline::Impl::count_bad(Timestamp now) const {
  std::vector<std::uint32_t> below(topology->nodes().size());
  for (const EndpointIndex endpoint : bad) {
    if (detector.health(endpoint).onset + rules->correlate.localise.correlation_window < now) continue;
    for (const NodeIndex node : topology->ancestors(endpoint)) ++below[node.value];
  }
  return below;
}

// Breadth first, when something has become bad. A network in which single endpoints are bad now and then is
// swept only when more of them are than that explains.
void Pipeline::Impl::look_around(Timestamp now) {
  const ProbeRules& probe = rules->correlate.probe;
  while (!became_bad.empty() && became_bad.front() + probe.network_spacing < now) became_bad.pop_front();
  if (newly_bad.empty()) return;
  Timestamp onset = now;
  for (const EndpointIndex endpoint : newly_bad) onset = std::min(onset, detector.health(endpoint).onset);
  const auto is_open = [&](EndpointIndex endpoint) { return is_open_question(endpoint, onset); };
  const auto ask = [&](std::span<const EndpointIndex> endpoints) {
    for (const EndpointIndex endpoint : endpoints) bursts.ask(endpoint, BurstReason::sibling, now, probe);
  };
  const std::size_t endpoints = topology->endpoints().size();
  if (now - swept >= probe.network_spacing &&
      coincidence.is_unusual(became_bad.size(), probe.network_spacing, now, endpoints,
                             rules->correlate.localise)) {
    swept = now;
    ask(correlate::network_sample(*footprints, probe, is_open));
  }
  const auto below = count_bad(now);
  const auto bad_below = [&](NodeIndex node) { return below[node.value]; };
  // A hundred new bad endpoints at once have the same siblings.
  constexpr std::size_t kMost = 64;
  for (const EndpointIndex endpoint : correlate::spread_sample(newly_bad, kMost))
    ask(correlate::siblings_of(*footprints, probe, endpoint, is_open, bad_below));
  newly_bad.clear();
}

correlate::HealthyAfter Pipeline::Impl::healthy_after() const {
  return [this](EndpointIndex endpoint, Timestamp after) {
    const EndpointHealth& health = detector.health(endpoint);
    return health.state == HealthState::ok && health.clean && health.measured > after;
  };
}

void Pipeline::Impl::localise(Timestamp now, Actions& actions) {
  const auto& records = book.records();
  const bool waiting = std::any_of(records.begin(), records.end(), [](const auto& entry) {
    return entry.second.incident.state == IncidentState::suspected && !entry.second.incident.complaint_only;
  });
  if (book.take_released()) changed = true;
  // While something waits, what was measured since may have changed the explanation.
  if (!changed && !(waiting && now - localised >= rules->correlate.localise.every)) return;
  changed = false;
  localised = now;

  const LocaliseRules& localise = rules->correlate.localise;
  const std::size_t endpoints = topology->endpoints().size();
  const auto is_gone = [&](EndpointIndex e) { return detector.health(e).bad_in(Respect::reachability); };
  asked.clear();
  for (const EndpointIndex endpoint : bad) {
    const EndpointHealth& health = detector.health(endpoint);
    if (!decide::is_bad(health) || (!unseen.empty() && unseen[endpoint.value] != 0)) continue;
    book.adopt(endpoint, now);
    if (!book.wants_explanation(endpoint, now)) continue;
    const bool flapping = health.state == HealthState::flapping;
    const double worth = coincidence.nats(now, is_gone(endpoint), endpoints, localise);
    asked.push_back({endpoint, flapping ? worth / 2 : worth, health.onset, flapping});
  }
  auto found = correlate::explain(*footprints, rules->correlate.localise, asked, healthy_after());
  found = correlate::join_hidden_risks(*topology, rules->correlate.localise, std::move(found));
  for (Hypothesis& one : found)
    if (const auto* endpoint = std::get_if<EndpointIndex>(&one.root))
      one.coincidences_per_year = coincidence.per_year(now, is_gone(*endpoint), endpoints, localise);
  add_complaints(found, now);
  book.reconcile(found, present(now), actions);
}

// What is left of wider incidents, each alone. Not while something of it cannot be seen: its time starts
// anew.
void Pipeline::Impl::localise_remainders(Timestamp now) {
  const LocaliseRules& localise = rules->correlate.localise;
  for (const IncidentNumber number : book.remainders_wanted(now)) {
    const Incident& incident = book.find(number)->incident;
    std::vector<correlate::BadEndpoint> left;
    bool is_seen = true;
    for (const EndpointIndex endpoint : incident.bad) {
      const EndpointHealth& health = detector.health(endpoint);
      if (!decide::is_bad(health) || decide::contains(incident.suspected_members, endpoint)) continue;
      is_seen = is_seen && (unseen.empty() || unseen[endpoint.value] == 0);
      const double worth =
          coincidence.nats(now, health.bad_in(Respect::reachability), topology->endpoints().size(), localise);
      const bool flapping = health.state == HealthState::flapping;
      left.push_back({endpoint, flapping ? worth / 2 : worth, health.onset, flapping});
    }
    if (!is_seen) continue;
    book.note_remainder(
        number, correlate::remainder_of(*footprints, localise, incident.root, left, healthy_after()), now);
  }
}

void Pipeline::Impl::measure_parents() {
  const OpeningRules& opening = rules->decide.opening;
  for (const auto& [number, record] : book.records()) {
    const auto* node = std::get_if<NodeIndex>(&record.incident.root);
    if (record.incident.state != IncidentState::suspected || record.level != Level::wide || node == nullptr)
      continue;
    const Timestamp onset = record.incident.onset;
    const auto is_open = [&](EndpointIndex endpoint) { return is_open_question(endpoint, onset); };
    book.set_parent_measured(number, correlate::is_parent_measured(*footprints, *node, opening.parent_share,
                                                                   opening.parent_results, is_open));
  }
}

// Before something opens its members are measured again, and what would decide between two explanations.
void Pipeline::Impl::remeasure_members(Timestamp now) {
  const ProbeRules& probe = rules->correlate.probe;
  for (const auto& [number, record] : book.records()) {
    const IncidentState state = record.incident.state;
    if (state == IncidentState::suspected) {
      if (record.due - now <= rules->decide.opening.remeasure)
        for (const EndpointIndex endpoint : correlate::spread_sample(record.members, probe.hold_members))
          bursts.ask(endpoint, BurstReason::hold, now, probe);
      if (record.level == Level::endpoint && record.due - now <= probe.watch)
        for (const EndpointIndex endpoint : record.members)
          if (detector.health(endpoint).measured + probe.watch_spacing <= now)
            bursts.ask(endpoint, BurstReason::hold, now, probe);
      for (const EndpointIndex endpoint : record.tests)
        if (is_open_question(endpoint, record.incident.onset))
          bursts.ask(endpoint, BurstReason::ambiguity, now, probe);
    } else if (state == IncidentState::recovering) {
      for (const EndpointIndex endpoint : record.members)
        if (detector.health(endpoint).measured <= record.last_bad)
          bursts.ask(endpoint, BurstReason::recovery, now, probe);
    }
  }
}

}  // namespace faultline
