// Complaints that no incident explains: which they are, and what they are evidence of.
#include "rules/correlate/siblings.h"
#include "rules/pipeline_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace faultline {
namespace {

constexpr double kExplained = 0.5;
constexpr Duration kGatherEvery = std::chrono::seconds(1);
constexpr Duration kPlacesKept = std::chrono::hours(24 * 90);
constexpr std::uint32_t kTwo = 2;

bool lies_in(const correlate::Located& located, const Root& root) {
  if (const auto* node = std::get_if<NodeIndex>(&root))
    return std::binary_search(located.nodes.begin(), located.nodes.end(), *node);
  const auto* endpoint = std::get_if<EndpointIndex>(&root);
  return endpoint != nullptr &&
         std::binary_search(located.endpoints.begin(), located.endpoints.end(), *endpoint);
}

}  // namespace

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
  if (record == nullptr) return !rules->correlate.scan.halo || kept.explained <= kExplained;
  if (!record->incident.complaint_only || !record->is_active()) return false;
  double inside = 0;
  for (const correlate::EndpointWeight& one : kept.weights)
    if (decide::contains(record->incident.affected, one.endpoint)) inside += one.weight;
  return inside >= rules->correlate.scan.located_share;
}

// The incident that is over and that it still belongs to, if it may be more than a late call.
const decide::Record* Pipeline::Impl::late_for(const Kept& kept, Timestamp now) const {
  if (!rules->correlate.scan.late_calls || !kept.counts || is_masked(kept.weights) ||
      now - kept.complaint.received > longest_window(now))
    return nullptr;
  const auto number = book.incident_of(kept.complaint.id);
  const decide::Record* record = number ? book.find(*number) : nullptr;
  return record != nullptr && record->is_late(kept.complaint.received) ? record : nullptr;
}

// False if an incident explains it.
bool Pipeline::Impl::count(const Kept& kept, Timestamp now) {
  if (is_unexplained(kept, now)) {
    unexplained.add(kept.complaint.received, kept.located, book.incident_of(kept.complaint.id).has_value());
  } else if (const decide::Record* record = late_for(kept, now)) {
    unexplained.add(kept.complaint.received, late.hear(record->incident.number, kept.located), true);
  } else {
    return false;
  }
  return true;
}

void Pipeline::Impl::gather_unexplained(Timestamp now) {
  const Duration longest = longest_window(now);
  unexplained.clear();
  said_now.clear();
  auto over = targets(now);
  std::erase_if(over, [&](const correlate::AttachTarget& one) {  // their late callers are not counted
    return book.find(one.number)->incident.narrowed_at.has_value();
  });
  late.begin(*footprints, over, now - longest, now, rules->correlate);
  for (auto kept = complaints.rbegin(); kept != complaints.rend() && now - kept->arrived <= longest; ++kept)
    count(*kept, now);
  gathered = now;
}

void Pipeline::Impl::scan(Timestamp now, Actions& actions) {
  if (!is_unexplained(complaints.back(), now) && late_for(complaints.back(), now) == nullptr) return;
  if (!gathered || now - *gathered >= kGatherEvery)
    gather_unexplained(now);
  else
    count(complaints.back(), now);
  test_lines(now);
  const correlate::Located& newest = complaints.back().located;
  const auto said =
      std::find_if(said_now.begin(), said_now.end(), [&](const Root& root) { return lies_in(newest, root); });
  if (said == said_now.end())
    suspect(newest, now, actions);
  else
    postponed[*said] = newest;
}

void Pipeline::Impl::scan_postponed(Timestamp now, Actions& actions) {
  if (postponed.empty()) return;
  gather_unexplained(now);
  for (const auto& [root, newest] : std::exchange(postponed, {})) suspect(newest, now, actions);
}

void Pipeline::Impl::suspect(const correlate::Located& newest, Timestamp now, Actions& actions) {
  const auto found = correlate::scan(*footprints, unexplained, usual, newest, now, rules->correlate.localise,
                                     rules->correlate.scan, &late);
  if (!found) return;
  said_now.push_back(found->root);
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
    const Timestamp after = now - scan.line_window;
    const double expected = usual.between(customers, after, now, scan) +
                            (node != nullptr ? late.expected(*node, after) : late.expected(*endpoint, after));
    const double nats = std::min(scan.probed_nats, correlate::uplift_nats(count, expected, scan.uplift));
    if (nats <= 0) continue;
    one.gain_nats += nats;
    one.evidence.push_back(
        {fmt::format("{} customers complain there, too, where {:.3f} are usual", count, expected), nats});
  }
}

// Two customers of one line within the hour are too few for a ticket, and enough to measure it and its like.
void Pipeline::Impl::test_lines(Timestamp now) {
  const ScanRules& scan = rules->correlate.scan;
  for (const EndpointIndex line : complaints.back().located.endpoints) {
    if (correlate::count_between(unexplained.at(line), now - scan.line_window, now) < kTwo) continue;
    const ProbeRules& probe = rules->correlate.probe;
    bursts.ask(line, BurstReason::complaint, now, probe);
    const auto& parents = topology->endpoint(line).parents;
    if (parents.empty()) continue;
    const auto& beside = topology->child_endpoints(parents.front().parent);
    for (const EndpointIndex one : correlate::spread_sample(beside, probe.siblings))
      bursts.ask(one, BurstReason::complaint, now, probe);
  }
}

}  // namespace faultline
