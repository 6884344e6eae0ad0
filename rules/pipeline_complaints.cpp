// Complaints: kept for a day, attached to the incident that explains them, counted where none does.
#include "rules/correlate/siblings.h"
#include "rules/pipeline_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace faultline {
namespace {

constexpr Duration kKept = std::chrono::hours(24);
constexpr std::size_t kMostKept = 200'000;  // older ones go first
constexpr std::size_t kMostNearby = 8;
constexpr double kExplained = 0.5;
constexpr Duration kGatherEvery = std::chrono::seconds(1);
constexpr Duration kPlacesKept = std::chrono::hours(24 * 90);

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
  kept.located = correlate::locate(kept.weights, *footprints, rules->correlate.scan.located_share);
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
    gathered.reset();
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
      correlate::attach(*footprints, kept.weights, kept.complaint, to, usual, rules->correlate);
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

Duration Pipeline::Impl::longest_window(Timestamp now) const {
  const ScanRules& scan = rules->correlate.scan;
  const Duration longest = *std::max_element(scan.windows.begin(), scan.windows.end());
  return correlate::is_morning(now, scan) ? std::max(longest, scan.night_window) : longest;
}

bool Pipeline::Impl::is_unexplained(const Kept& kept, Timestamp now) const {
  const Duration longest = longest_window(now);
  if (!kept.counts || now - kept.complaint.received > longest || is_masked(kept.weights)) return false;
  // Complaints inside an incident that lives on complaints stay in the counts, so that it can grow; its halo,
  // attached from elsewhere by chance of an inexact place, does not: it would be a second fault next to it.
  const auto number = book.incident_of(kept.complaint.id);
  const decide::Record* record = number ? book.find(*number) : nullptr;
  if (record == nullptr) return kept.explained <= kExplained;
  if (!record->incident.complaint_only || !record->is_active()) return false;
  double inside = 0;
  for (const correlate::EndpointWeight& one : kept.weights)
    if (decide::contains(record->incident.affected, one.endpoint)) inside += one.weight;
  return inside >= rules->correlate.scan.located_share;
}

void Pipeline::Impl::count(const Kept& kept) {
  unexplained.add(kept.complaint.received, kept.located, book.incident_of(kept.complaint.id).has_value());
}

void Pipeline::Impl::gather_unexplained(Timestamp now) {
  const Duration longest = longest_window(now);
  unexplained.clear();
  for (auto kept = complaints.rbegin(); kept != complaints.rend() && now - kept->arrived <= longest; ++kept)
    if (is_unexplained(*kept, now)) count(*kept);
  gathered = now;
}

void Pipeline::Impl::scan(Timestamp now, Actions& actions) {
  if (!is_unexplained(complaints.back(), now)) return;
  if (!gathered || now - *gathered >= kGatherEvery)
    gather_unexplained(now);
  else
    count(complaints.back());
  test_lines(now);
  suspect(complaints.back().located, now, actions);
}

void Pipeline::Impl::suspect(const correlate::Located& newest, Timestamp now, Actions& actions) {
  const auto found = correlate::scan(*footprints, unexplained, usual, newest, now, rules->correlate.localise,
                                     rules->correlate.scan);
  if (!found) return;
  book.suspect_by_complaints(*found, now, actions);
  if (book.take_footprint_changed()) attach_anew(now, actions);
}

// Few call at night. In the morning what they said is counted together, also where nobody has called since.
void Pipeline::Impl::scan_the_night(Timestamp now, Actions& actions) {
  constexpr Duration kEvery = std::chrono::minutes(30);
  if (!correlate::is_morning(now, rules->correlate.scan) || now - night_scanned < kEvery) return;
  night_scanned = now;
  centroids.forget_before(now - kPlacesKept);
  gather_unexplained(now);
  std::set<EndpointIndex> places;
  std::vector<correlate::Located> wanted;
  for (auto kept = complaints.rbegin();
       kept != complaints.rend() && now - kept->arrived <= longest_window(now); ++kept)
    if (is_unexplained(*kept, now) && places.insert(kept->located.nearest).second)
      wanted.push_back(kept->located);
  for (const correlate::Located& one : wanted) suspect(one, now, actions);
}

// What customers say of a place that probes find bad, too (D.1): evidence of its own.
void Pipeline::Impl::add_complaints(std::vector<Hypothesis>& hypotheses, Timestamp now) const {
  constexpr std::uint32_t kTwo = 2;
  const ScanRules& scan = rules->correlate.scan;
  for (Hypothesis& one : hypotheses) {
    const auto* node = std::get_if<NodeIndex>(&one.root);
    const auto* endpoint = std::get_if<EndpointIndex>(&one.root);
    if (node == nullptr && endpoint == nullptr) continue;
    const auto& times = node != nullptr ? unexplained.at(*node) : unexplained.at(*endpoint);
    const std::uint32_t count = correlate::count_between(times, now - scan.line_window, now);
    if (count < kTwo) continue;
    const correlate::Customers customers =
        node != nullptr ? footprints->customers(*node) : footprints->customers(*endpoint);
    const double expected = usual.between(customers, now - scan.line_window, now, scan);
    const double nats = std::min(scan.probed_nats, correlate::uplift_nats(count, expected, scan.uplift));
    if (nats <= 0) continue;
    one.gain_nats += nats;
    one.evidence.push_back(
        {fmt::format("{} customers complain there, too, where {:.3f} are usual", count, expected), nats});
  }
}

// Two customers of one line within the hour are too few for a ticket, and enough to measure it and its like.
void Pipeline::Impl::test_lines(Timestamp now) {
  constexpr std::uint32_t kTwo = 2;
  const ScanRules& scan = rules->correlate.scan;
  for (const EndpointIndex line : complaints.back().located.endpoints) {
    if (correlate::count_between(unexplained.at(line), now - scan.line_window, now) < kTwo) continue;
    const auto any = [](EndpointIndex) { return true; };
    for (const EndpointIndex one : correlate::siblings_of(*footprints, rules->correlate.probe, line, any))
      bursts.ask(one, BurstReason::complaint, now, rules->correlate.probe);
  }
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
