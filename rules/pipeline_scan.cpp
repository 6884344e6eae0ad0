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
constexpr Duration kSecond = std::chrono::seconds(1);
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

bool Pipeline::Impl::is_unexplained(const Kept& kept, const decide::Record* record, Timestamp now) const {
  if (!kept.counts || now - kept.complaint.received > longest_window(now)) return false;
  // Complaints inside an incident that lives on complaints stay in the counts, so that it can grow; its halo,
  // attached from elsewhere by chance of an inexact place, does not: it would be a second fault next to it.
  if (record != nullptr && (!record->incident.complaint_only || !record->is_active())) return false;
  if (is_masked(kept.weights)) return false;
  if (record == nullptr) return !rules->correlate.scan.halo || kept.explained <= kExplained;
  double inside = 0;
  for (const correlate::EndpointWeight& one : kept.weights) {
    if (decide::contains(record->incident.affected, one.endpoint)) inside += one.weight;
    if (inside >= rules->correlate.scan.located_share) return true;
  }
  return false;
}

// Nothing: none, or one that ended long ago.
const decide::Record* Pipeline::Impl::incident_of(const Kept& kept) const {
  const auto number = book.incident_of(kept.complaint.id);
  return number ? book.find(*number) : nullptr;
}

void Pipeline::Impl::count(const Kept& kept, const decide::Record* record) {
  const bool is_attached = record != nullptr;
  unexplained.add(kept.complaint.received, kept.located, is_attached);
  if (kept.spot && counts_for_areas(record)) callers.add(kept.complaint.received, kept.spot, is_attached);
}

// What a told incident of a node has, is explained; an area must be able to grow, and to take the place of
// what is only suspected.
bool Pipeline::Impl::counts_for_areas(const decide::Record* record) const {
  if (!rules->correlate.scan.area.enabled) return false;
  return record == nullptr || !record->is_told() || std::holds_alternative<Area>(record->incident.root);
}

// Every complaint of the longest window is looked at, so that it is done the more rarely the more there are.
// What is attached, masked or swapped meanwhile has it done anew at once; what only grows old is left out by
// those who count, so that nothing is lost by doing it seldom.
bool Pipeline::Impl::gather_unexplained(Timestamp now) {
  constexpr std::int64_t kComplaintsASecond = 400;
  constexpr Duration kSpacing = std::chrono::minutes(1);
  if (now - said_since >= kSecond || now < said_since) {
    said_now.clear();
    said_since = now;
  }
  if (gathered && now - *gathered < gather_spacing) return false;
  const Duration longest = longest_window(now);
  unexplained.clear();
  callers.clear();
  // In the order they came, which is nearly that of their times: those who count add at the end.
  const auto first = heard_since(now - longest);
  for (auto kept = first; kept != complaints.end(); ++kept) {
    const decide::Record* record = incident_of(*kept);
    if (is_unexplained(*kept, record, now)) count(*kept, record);
  }
  gathered = now;
  gather_spacing = std::max(kSpacing, kSecond * ((complaints.end() - first) / kComplaintsASecond));
  return true;
}

void Pipeline::Impl::scan(Timestamp now, Actions& actions) {
  const decide::Record* record = incident_of(complaints.back());
  if (!is_unexplained(complaints.back(), record, now)) return;
  if (!gather_unexplained(now)) count(complaints.back(), record);
  test_lines(now);
  const correlate::Located& newest = complaints.back().located;
  const auto said = std::find_if(said_now.begin(), said_now.end(),
                                 [&](const Said& one) { return lies_in(newest, one.root); });
  if (said == said_now.end()) {
    want_area(complaints.back(), suspect(newest, now, actions));
  } else {
    postponed[said->root] = newest;
    want_area(complaints.back(), said->nats);
  }
}

// One at least; those after a change of the incidents, which costs as much as all the rest, at the next tick.
void Pipeline::Impl::scan_postponed(Timestamp now, Actions& actions) {
  if (postponed.empty()) return;
  gather_unexplained(now);
  do {
    const auto next = postponed.extract(postponed.begin());
    suspect(next.mapped(), now, actions);
  } while (!postponed.empty() && attached_anew != now);
}

// What the node that it finds is worth.
std::optional<double> Pipeline::Impl::suspect(const correlate::Located& newest, Timestamp now,
                                              Actions& actions) {
  const auto found = correlate::scan(*footprints, unexplained, usual, newest, now, rules->correlate.localise,
                                     rules->correlate.scan);
  if (!found) return std::nullopt;
  said_now.push_back({found->root, found->gain_nats});
  book.suspect_by_complaints(*found, now, actions);
  if (book.take_footprint_changed()) attach_anew(now, actions);
  return found->gain_nats;
}

// The place of a complaint is looked at at the next tick, once for all that came from it.
void Pipeline::Impl::want_area(const Kept& newest, std::optional<double> by_topology) {
  constexpr std::size_t kMostWanted = 64;
  if (!newest.spot || !counts_for_areas(incident_of(newest))) return;
  const auto same = std::find_if(wanted_areas.begin(), wanted_areas.end(),
                                 [&](const WantedArea& one) { return one.square == newest.spot->square; });
  if (same != wanted_areas.end())
    same->by_topology = std::max(same->by_topology, by_topology);
  else if (wanted_areas.size() < kMostWanted)
    wanted_areas.push_back({newest.spot->square, by_topology});
}

void Pipeline::Impl::scan_areas(Timestamp now, Actions& actions) {
  const ScanRules& scan = rules->correlate.scan;
  for (std::size_t i = 0; i < scan.area.squares_a_second && !wanted_areas.empty(); ++i) {
    const WantedArea one = wanted_areas.front();
    wanted_areas.pop_front();
    gather_unexplained(now);
    const correlate::AreaQuestion question{
        *grid, *footprints, callers, unexplained.open(), usual, rules->correlate.localise, scan};
    const auto found = correlate::scan_area(question, one.square, one.by_topology, now);
    if (!found) continue;
    book.suspect_by_complaints(*found, now, actions);
    if (book.take_footprint_changed()) return attach_anew(now, actions);  // enough for one tick
  }
}

// Few call at night. In the morning what they said is counted together, also where nobody has called since;
// a few places a second, since all at once would hold up everything else.
void Pipeline::Impl::scan_the_night(Timestamp now, Actions& actions) {
  constexpr Duration kEvery = std::chrono::minutes(30);
  constexpr std::size_t kPlacesATick = 4;
  if (!correlate::is_morning(now, rules->correlate.scan)) return night_wanted.clear();
  if (now - night_scanned >= kEvery) list_the_night(now);
  if (night_wanted.empty()) return;
  gather_unexplained(now);
  for (std::size_t i = 0; i < kPlacesATick && !night_wanted.empty(); ++i) {
    suspect(night_wanted.front(), now, actions);
    night_wanted.pop_front();
  }
}

void Pipeline::Impl::list_the_night(Timestamp now) {
  night_scanned = now;
  gathered.reset();  // the night's window is longer
  centroids.forget_before(now - kPlacesKept);
  night_wanted.clear();
  std::set<EndpointIndex> places;
  const Duration longest = longest_window(now);
  for (auto kept = complaints.rbegin(); kept != complaints.rend() && kept->arrived >= now - longest; ++kept)
    if (is_unexplained(*kept, incident_of(*kept), now) && places.insert(kept->located.nearest).second)
      night_wanted.push_back(kept->located);
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
    const double expected = usual.between(customers, now - scan.line_window, now, scan);
    const double nats = std::min(scan.probed_nats, correlate::uplift_nats(count, expected, scan.uplift));
    one.complaints = count;
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
