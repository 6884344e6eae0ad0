#include "rules/pipeline.h"

#include "rules/pipeline_impl.h"

#include <algorithm>
#include <utility>

namespace faultline {
namespace {

// A part of the rule set that keeps the whole alive.
std::shared_ptr<const DetectRules> detect_part(const std::shared_ptr<const RuleSet>& rules) {
  return {rules, &rules->detect};
}
std::shared_ptr<const DecideRules> decide_part(const std::shared_ptr<const RuleSet>& rules) {
  return {rules, &rules->decide};
}

}  // namespace

Pipeline::Impl::Impl(std::shared_ptr<const Topology> topology_, std::shared_ptr<const RuleSet> rules_)
    : topology(std::move(topology_)),
      rules(std::move(rules_)),
      detector(topology, detect_part(rules)),
      footprints(std::make_unique<correlate::Footprints>(topology)),
      book(topology, decide_part(rules)),
      guards(1),
      homes(topology->endpoints().size()),
      geocoder(std::make_unique<correlate::Geocoder>(topology)),
      grid(std::make_unique<correlate::Grid>(topology, rules->correlate.scan.area.square_m)) {
  list_hosts();
}

void Pipeline::Impl::restore(PipelineState state) {
  detector.restore(state.degradations);
  for (const Degradation& degradation : state.degradations)
    if (!degradation.ended && degradation.endpoint.value < topology->endpoints().size())
      bad.insert(degradation.endpoint);
  changed = changed || !bad.empty();  // the end may have come between their becoming bad and the incident
  book.restore(std::move(state.incidents), state.next_incident);
  for (const PipelineState::PastFault& past : state.past_faults) book.note_past(past.root, past.onset);
  for (const Complaint& complaint : state.complaints) {
    keep(complaint);
    book.note_received(complaint.id, complaint.received);
  }
}

void Pipeline::Impl::set_topology(std::shared_ptr<const Topology> next) {
  topology = std::move(next);
  detector.set_topology(topology);
  footprints = std::make_unique<correlate::Footprints>(topology);
  weigh_customers();
  book.set_topology(topology);
  homes.resize(topology->endpoints().size());
  list_hosts();
  unseen.clear();  // until the next tick
  geocoder = std::make_unique<correlate::Geocoder>(topology);
  grid = std::make_unique<correlate::Grid>(topology, rules->correlate.scan.area.square_m);
  wanted_areas.clear();
  night_wanted.clear();
  for (Kept& kept : complaints) place(kept);
  target_changes.forget();
  gathered.reset();
  observations.forget_retired(*topology);
  const auto retired = [&](EndpointIndex endpoint) { return topology->endpoint(endpoint).retired; };
  bad.erase_if(retired);
  masked.erase_if(retired);
  std::erase_if(newly_bad, retired);
  running.clear();  // found anew at the next tick
  mask_is_stale = true;
  changed = true;
}

void Pipeline::Impl::set_rules(std::shared_ptr<const RuleSet> next) {
  rules = std::move(next);
  grid = std::make_unique<correlate::Grid>(topology, rules->correlate.scan.area.square_m);
  wanted_areas.clear();
  night_wanted.clear();
  for (Kept& kept : complaints) place(kept);
  target_changes.forget();
  gathered.reset();
  detector.set_rules(detect_part(rules));
  book.set_rules(decide_part(rules));
}

decide::Present Pipeline::Impl::present(Timestamp now) const {
  return {now, detector.all(), !may_open(now), unseen, works};
}

void Pipeline::Impl::on(const Round& round, Actions& actions) {
  if (round.endpoint.value >= topology->endpoints().size()) return;
  if (!does_count(round)) return;
  const bool measured = round.outcome != Outcome::not_measured;
  if (is_away(round)) {
    Round seen = round;
    seen.rtt = {};  // what is usual is known of the way from its own probe host only
    detector.on_round(seen, events);
  } else {
    detector.on_round(round, events);
  }
  if (round.value_count > 0 || round.reason == OutcomeReason::not_registered) observations.note(round);
  if (measured) {
    const EndpointHealth& health = detector.health(round.endpoint);
    if (decide::is_bad(health) && !health.better) book.note_bad_round(round.endpoint);
  }
  if (events.empty()) return;
  take_events(round.finished, actions);
  send_bursts(round.finished, actions);
}

void Pipeline::Impl::take_events(Timestamp now, Actions& actions) {
  for (detect::Event& event : events) {
    switch (event.kind) {
      case detect::EventKind::suspicion:
        troubled.push_back(now);
        bursts.ask(event.endpoint, BurstReason::suspicion, now, rules->correlate.probe);
        break;
      case detect::EventKind::became_bad:
        bad.insert(event.endpoint);
        coincidence.note(now, detector.health(event.endpoint).bad_in(Respect::reachability));
        newly_bad.push_back(event.endpoint);
        became_bad.push_back(now);
        troubled.push_back(now);
        changed = true;
        break;
      case detect::EventKind::recovered:
        bad.erase(event.endpoint);
        changed = true;
        break;
      case detect::EventKind::baseline_shift:  // the end that follows says so
        break;
      case detect::EventKind::degradation_began:
      case detect::EventKind::degradation_ended:
        actions.push_back({now, DegradationChanged{std::move(*event.degradation)}});
        break;
    }
  }
  events.clear();
}

void Pipeline::Impl::send_bursts(Timestamp now, Actions& actions) {
  if (bursts.waiting() == 0) return;
  for (BurstRequested& burst : bursts.take(now, rules->correlate.probe)) {
    const auto from = burst_from(burst.endpoint);
    if (!from) continue;
    burst.from = *from;
    actions.push_back({now, burst});
  }
}

Pipeline::Pipeline(std::shared_ptr<const Topology> topology, std::shared_ptr<const RuleSet> rules)
    : impl_(std::make_unique<Impl>(std::move(topology), std::move(rules))) {}
Pipeline::~Pipeline() = default;
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;

void Pipeline::restore(PipelineState state) {
  impl_->restore(std::move(state));
}
void Pipeline::restore_baseline(EndpointIndex endpoint, std::span<const std::byte> block) {
  impl_->detector.restore_baseline(endpoint, block);
}
std::vector<std::byte> Pipeline::baseline(EndpointIndex endpoint) const {
  return impl_->detector.baseline(endpoint);
}

std::string Pipeline::usual_complaints() const {
  return impl_->usual.save(*impl_->topology);
}
void Pipeline::restore_usual_complaints(std::string_view saved) {
  impl_->usual.restore(*impl_->topology, saved);
  impl_->weigh_customers();
}

Actions Pipeline::on(const Round& round) {
  Actions actions;
  impl_->on(round, actions);
  return actions;
}
Actions Pipeline::on(const Complaint& complaint) {
  Actions actions;
  impl_->on(complaint, actions);
  return actions;
}
Actions Pipeline::on(const Alarm& alarm) {
  impl_->observations.note(alarm);
  return {};
}
Actions Pipeline::on(const Tick& tick) {
  Actions actions;
  impl_->on(tick, actions);
  return actions;
}

void Pipeline::set_topology(std::shared_ptr<const Topology> topology) {
  impl_->set_topology(std::move(topology));
}
void Pipeline::set_rules(std::shared_ptr<const RuleSet> rules) {
  impl_->set_rules(std::move(rules));
}
void Pipeline::set_maintenance(std::vector<Maintenance> windows) {
  impl_->windows = std::move(windows);
}

const Topology& Pipeline::topology() const {
  return *impl_->topology;
}
const EndpointHealth& Pipeline::health(EndpointIndex endpoint) const {
  return impl_->detector.health(endpoint);
}
std::vector<Degradation> Pipeline::degradations() const {
  return impl_->detector.degradations();
}
std::vector<const Incident*> Pipeline::incidents() const {
  std::vector<const Incident*> all;
  for (const auto* records : {&impl_->book.records(), &impl_->book.ended()})
    for (const auto& [number, record] : *records) all.push_back(&record.incident);
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
  return all;
}
const Incident* Pipeline::incident(IncidentNumber number) const {
  const decide::Record* record = impl_->book.find(number);
  return record == nullptr ? nullptr : &record->incident;
}
LearntEndpoint Pipeline::learnt(EndpointIndex endpoint, Timestamp now) const {
  return impl_->detector.learnt(endpoint, now);
}
ComplaintAnswer Pipeline::answer(const Complaint& complaint) const {
  return impl_->answer(complaint);
}

}  // namespace faultline
