// Complaints: kept for a day, attached to the incident that explains them, counted where none does.
#include "rules/pipeline_impl.h"

#include <algorithm>
#include <chrono>

namespace faultline {
namespace {

constexpr Duration kKept = std::chrono::hours(24);
constexpr std::size_t kMostKept = 200'000;  // older ones go first
constexpr std::size_t kMostNearby = 8;

}  // namespace

// False if it is known already, or too old to matter.
bool Pipeline::Impl::keep(const Complaint& complaint) {
  if (complaint.received + kKept < latest || !known_complaints.insert(complaint.id).second) return false;
  Kept kept;
  kept.complaint = complaint;
  kept.arrived = std::max(latest, complaint.received);
  if (!complaints.empty()) kept.arrived = std::max(kept.arrived, complaints.back().arrived);
  centroids.note(complaint, rules->correlate.geocode);
  kept.complaint.accuracy_m = centroids.accuracy_m(complaint, rules->correlate.geocode);
  place(kept);
  auto& counted = counted_customers[complaint.customer];
  if (counted == Timestamp{} || complaint.received - counted >= rules->correlate.scan.dedup) {
    kept.counts = true;
    counted = complaint.received;
  }
  complaints.push_back(std::move(kept));
  return true;
}

void Pipeline::Impl::place(Kept& kept) const {
  kept.weights = geocoder->weights(kept.complaint, rules->correlate.geocode);
  kept.whereabouts = correlate::whereabouts_of(kept.weights);
  kept.located = correlate::locate(kept.weights, *footprints, rules->correlate.scan.located_share);
  const auto spot = grid->spot(kept.complaint, kept.weights);
  kept.spot = spot ? std::make_shared<const correlate::Spot>(*spot) : nullptr;
}

void Pipeline::Impl::forget_complaints(Timestamp now) {
  while (!complaints.empty() &&
         (complaints.size() > kMostKept || now - complaints.front().complaint.received > kKept)) {
    const Complaint& oldest = complaints.front().complaint;
    learn_usual(oldest.received + kKept);
    if (const Kept& kept = complaints.front(); kept.counts && kept.located.nearest.valid() &&
                                               !book.incident_of(oldest.id) && oldest.received + kKept <= now)
      usual.heard(*topology, kept.located.nearest, !kept.located.nodes.empty());
    known_complaints.erase(oldest.id);
    const auto counted = counted_customers.find(oldest.customer);
    if (counted != counted_customers.end() && counted->second <= oldest.received)
      counted_customers.erase(counted);
    complaints.pop_front();
  }
  learn_usual(now);
}

// Hours of a day ago that are over: by now it is known which of their complaints an incident explains.
void Pipeline::Impl::learn_usual(Timestamp now) {
  const Timestamp hour = std::chrono::floor<std::chrono::hours>(now - kKept);
  if (!learning || hour - *learning > kKept) learning = hour;
  for (; *learning < hour; *learning += std::chrono::hours(1))
    if (usual.end_hour(*topology, *learning, rules->correlate.scan)) weigh_customers();
}

void Pipeline::Impl::weigh_customers() {
  std::vector<float> factors(topology->endpoints().size());
  for (std::uint32_t i = 0; i < factors.size(); ++i)
    factors[i] = static_cast<float>(usual.factor(*topology, {i}, rules->correlate.scan));
  footprints->weigh(std::move(factors));
}

void Pipeline::Impl::on(const Complaint& complaint, Actions& actions) {
  latest = std::max(latest, complaint.received);
  if (!keep(complaint)) return;
  Kept& kept = complaints.back();
  attach(kept, targets(latest), latest, actions);
  const std::size_t nearest =
      std::min<std::size_t>(kept.weights.size(), rules->correlate.probe.per_complaint);
  for (std::size_t i = 0; i < nearest; ++i)
    bursts.ask(kept.weights[i].endpoint, BurstReason::complaint, latest, rules->correlate.probe);
  scan(latest, actions);
  if (has_eyes()) send_bursts(latest, actions);
}

// The first that may have been received then or later: none arrives before it was received.
std::deque<Pipeline::Impl::Kept>::iterator Pipeline::Impl::heard_since(Timestamp since) {
  return std::partition_point(complaints.begin(), complaints.end(),
                              [&](const Kept& kept) { return kept.arrived < since; });
}

// Incidents that others were told of, and suspicions that live on complaints.
std::vector<correlate::AttachTarget> Pipeline::Impl::targets(Timestamp now) const {
  std::vector<correlate::AttachTarget> found;
  for (const auto& [number, record] : book.records()) {
    const Incident& incident = record.incident;
    const bool is_over = incident.state >= IncidentState::resolved;
    if (record.is_host || incident.state > IncidentState::closed) continue;
    if (!record.is_told() && !incident.complaint_only) continue;
    if (is_over && incident.recovered_at &&
        now - *incident.recovered_at > rules->correlate.attach.after_recovery_limit)
      continue;
    const auto is_hard = [&](EndpointIndex e) {
      return detector.health(e).loss_ratio >= rules->decide.severity.hard_loss;
    };
    const bool hard = incident.bad.empty() ? !incident.complaint_only
                                           : std::any_of(incident.bad.begin(), incident.bad.end(), is_hard);
    found.push_back({number, incident.affected, incident.onset,
                     is_over ? incident.recovered_at : std::nullopt, hard, incident.suspected_members});
    // Those for whom it is over call for a while yet, and not about another fault.
    if (incident.narrowed_at && now - *incident.narrowed_at <= rules->correlate.attach.after_recovery_limit)
      found.push_back({number, incident.well_again, incident.onset, incident.narrowed_at, hard});
  }
  return found;
}

bool Pipeline::Impl::is_settled(const Kept& kept) const {
  const decide::Record* record = incident_of(kept);
  return record != nullptr && record->incident.state <= IncidentState::closed;
}

void Pipeline::Impl::attach(Kept& kept, std::span<const correlate::AttachTarget> to, Timestamp now,
                            Actions& actions) {
  const auto found =
      correlate::attach(*footprints, kept.weights, kept.complaint, to, usual, rules->correlate);
  kept.explained = found.explained;
  if (found.incident || book.incident_of(kept.complaint.id))
    book.attach(kept.complaint.id, kept.complaint.received, found.incident, now, actions);
}

// An incident opened, moved or was merged: what is not settled may belong to it. So may what came since the
// last time, when others were open.
void Pipeline::Impl::attach_anew(Timestamp now, Actions& actions) {
  gathered.reset();
  const auto all = targets(now);
  correlate::TargetIndex index(all, topology->endpoints().size());
  target_changes.note(all);
  const Timestamp since = now - rules->correlate.attach.look_back;
  for (auto kept = heard_since(since); kept != complaints.end(); ++kept) {
    const bool is_new = kept->arrived >= attached_anew;
    if (kept->complaint.received >= since &&
        (is_new || target_changes.touch(kept->whereabouts, kept->weights)) && !is_settled(*kept))
      attach(*kept, index.near(kept->weights), now, actions);
  }
  attached_anew = now;
}

ComplaintAnswer Pipeline::Impl::answer(const Complaint& complaint) const {
  ComplaintAnswer answer;
  Complaint located = complaint;
  located.accuracy_m = centroids.accuracy_m(complaint, rules->correlate.geocode);
  const auto weights = geocoder->weights(located, rules->correlate.geocode);
  const auto found =
      correlate::attach(*footprints, weights, complaint, targets(latest), usual, rules->correlate);
  answer.incident = found.incident;
  answer.probability = found.probability;
  for (std::size_t i = 0; i < std::min(kMostNearby, weights.size()); ++i)
    answer.nearby.push_back(weights[i].endpoint);
  return answer;
}

}  // namespace faultline
