// Complaints: kept for a day, attached to the incident that explains them, counted where none does.
#include "rules/pipeline_impl.h"

#include <algorithm>
#include <chrono>

namespace faultline {
namespace {

constexpr Duration kKept = std::chrono::hours(24);
constexpr std::size_t kMostKept = 200'000;  // older ones go first
constexpr std::size_t kMostNearby = 8;
constexpr double kExplained = 0.5;
constexpr Duration kGatherEvery = std::chrono::seconds(1);
constexpr std::size_t kLooksAtGrowth = 64;  // while the unexplained complaints double

}  // namespace

// False if it is known already, or too old to matter.
bool Pipeline::Impl::keep(const Complaint& complaint) {
  if (complaint.received + kKept < latest || !known_complaints.insert(complaint.id).second) return false;
  Kept kept;
  kept.complaint = complaint;
  kept.arrived = std::max(latest, complaint.received);
  if (!complaints.empty()) kept.arrived = std::max(kept.arrived, complaints.back().arrived);
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
  kept.located = correlate::locate(kept.weights, *footprints, rules->correlate.scan.located_share);
}

void Pipeline::Impl::forget_complaints(Timestamp now) {
  while (!complaints.empty() &&
         (complaints.size() > kMostKept || now - complaints.front().complaint.received > kKept)) {
    const Complaint& oldest = complaints.front().complaint;
    known_complaints.erase(oldest.id);
    const auto counted = counted_customers.find(oldest.customer);
    if (counted != counted_customers.end() && counted->second <= oldest.received)
      counted_customers.erase(counted);
    complaints.pop_front();
    gathered.reset();
  }
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
  if (guard.results_count()) send_bursts(latest, actions);
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
    found.push_back(
        {number, incident.affected, incident.onset, is_over ? incident.recovered_at : std::nullopt, hard});
  }
  return found;
}

bool Pipeline::Impl::is_settled(const Kept& kept) const {
  const auto number = book.incident_of(kept.complaint.id);
  if (!number) return false;
  const decide::Record* record = book.find(*number);
  return record != nullptr && record->incident.state <= IncidentState::closed;
}

void Pipeline::Impl::attach(Kept& kept, std::span<const correlate::AttachTarget> to, Timestamp now,
                            Actions& actions) {
  const auto found =
      correlate::attach(*topology, kept.weights, kept.complaint.received, to, rules->correlate);
  kept.explained = found.explained;
  if (found.incident || book.incident_of(kept.complaint.id))
    book.attach(kept.complaint.id, kept.complaint.received, found.incident, now, actions);
}

// An incident opened, moved or was merged: what is not settled may belong to it.
void Pipeline::Impl::attach_anew(Timestamp now, Actions& actions) {
  gathered.reset();
  const auto to = targets(now);
  for (Kept& kept : complaints)
    if (now - kept.complaint.received <= rules->correlate.attach.look_back && !is_settled(kept))
      attach(kept, to, now, actions);
}

bool Pipeline::Impl::is_masked(const correlate::Weights& weights) const {
  if (masked.empty()) return false;
  double share = 0;
  for (const correlate::EndpointWeight& one : weights)
    if (masked.contains(one.endpoint)) share += one.weight;
  return share > kExplained;
}

bool Pipeline::Impl::is_unexplained(const Kept& kept, Timestamp now) const {
  const auto& windows_of_scan = rules->correlate.scan.windows;
  const Duration longest = *std::max_element(windows_of_scan.begin(), windows_of_scan.end());
  if (!kept.counts || now - kept.complaint.received > longest || is_masked(kept.weights)) return false;
  // Complaints of an incident that lives on complaints stay in the counts, so that it can grow.
  const auto number = book.incident_of(kept.complaint.id);
  const decide::Record* record = number ? book.find(*number) : nullptr;
  return record != nullptr ? record->incident.complaint_only : kept.explained <= kExplained;
}

void Pipeline::Impl::gather_unexplained(Timestamp now) {
  const auto& windows_of_scan = rules->correlate.scan.windows;
  const Duration longest = *std::max_element(windows_of_scan.begin(), windows_of_scan.end());
  unexplained.clear();
  for (auto kept = complaints.rbegin(); kept != complaints.rend() && now - kept->arrived <= longest; ++kept)
    if (is_unexplained(*kept, now)) unexplained.push_back({kept->complaint.received, &kept->located});
  std::reverse(unexplained.begin(), unexplained.end());
  gathered = now;
}

void Pipeline::Impl::scan(Timestamp now, Actions& actions) {
  if (!is_unexplained(complaints.back(), now)) return;
  if (!gathered || now - *gathered >= kGatherEvery)
    gather_unexplained(now);
  else
    unexplained.push_back({complaints.back().complaint.received, &complaints.back().located});
  // One more of an incident of complaints can only tell how far it reaches, and a scan looks at all of them.
  const bool is_known = book.incident_of(complaints.back().complaint.id).has_value();
  if (is_known && ++since_scan < unexplained.size() / kLooksAtGrowth) return;
  since_scan = 0;
  const auto found =
      correlate::scan(*footprints, unexplained, now, rules->correlate.localise, rules->correlate.scan);
  if (!found) return;
  book.suspect_by_complaints(*found, now, actions);
  if (book.take_footprint_changed()) attach_anew(now, actions);
}

ComplaintAnswer Pipeline::Impl::answer(const Complaint& complaint) const {
  ComplaintAnswer answer;
  const auto weights = geocoder->weights(complaint, rules->correlate.geocode);
  const auto found =
      correlate::attach(*topology, weights, complaint.received, targets(latest), rules->correlate);
  answer.incident = found.incident;
  answer.probability = found.probability;
  for (std::size_t i = 0; i < std::min(kMostNearby, weights.size()); ++i)
    answer.nearby.push_back(weights[i].endpoint);
  return answer;
}

}  // namespace faultline
