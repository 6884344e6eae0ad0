#include "tests/accuracy/baselines.h"

#include <algorithm>
#include <deque>
#include <limits>

namespace faultline::accuracy {
namespace {

constexpr double kBadLoss = 0.2, kBadRttFactor = 1.5, kBadSignal_db = 6;
constexpr std::uint8_t kRounds = 3;
constexpr std::int64_t kGroupWait_s = 30, kGood_s = 300, kLookEvery_s = 10;
constexpr float kLearn = 0.01F;
constexpr std::size_t kComplaints = 5;
constexpr std::int64_t kWindow_s = 3600, kMute_s = 4 * 3600;

}  // namespace

Baselines::Baselines(const Network& network, std::span<const Event> events)
    : network_(network), states_(network.topology->endpoints().size()) {
  for (const Event& event : events)
    if (event.kind == Kind::maintenance) windows_.push_back(&event);
  for (const Endpoint& endpoint : network.topology->endpoints())
    site_of_.push_back(endpoint.parents[0].parent);
}

Ticket Baselines::ticket_of(Root root, std::int64_t second, std::vector<EndpointIndex> endpoints) {
  Ticket ticket;
  ticket.opened_s = second;
  ticket.endpoints = std::move(endpoints);
  ticket.roots.emplace_back(second, std::move(root));
  return ticket;
}

bool Baselines::is_masked(EndpointIndex endpoint, std::int64_t second) const {
  return std::any_of(windows_.begin(), windows_.end(), [&](const Event* window) {
    return second >= window->begin_s && second < window->end_s + 300 &&
           std::binary_search(window->endpoints.begin(), window->endpoints.end(), endpoint);
  });
}

void Baselines::on(const Round& round, std::int64_t second) {
  if (second >= looked_s_ + kLookEvery_s) {
    looked_s_ = second;
    group_by_site(second);
    if (changed_) find_highest(second);
    changed_ = false;
  }
  if (round.packets.sent == 0) return;
  State& state = states_[round.endpoint.value];
  bool bad = round.packets.lost() >= kBadLoss * round.packets.sent;
  if (round.packets.received > 0) {
    if (state.usual_ms == 0) state.usual_ms = round.rtt.median_ms;
    bad = bad || round.rtt.median_ms > kBadRttFactor * state.usual_ms;
    if (!bad) state.usual_ms += kLearn * (round.rtt.median_ms - state.usual_ms);
  }
  for (const MetricValue& value : round.metric_values()) {
    if (state.usual_dbm == 0) state.usual_dbm = value.value;
    const bool weak = value.value < state.usual_dbm - kBadSignal_db;
    if (!weak) state.usual_dbm += kLearn * (value.value - state.usual_dbm);
    bad = bad || weak;
  }
  if (!bad) {
    state.bad_rounds = 0;
    if (state.bad && second - state.last_bad_s >= kGood_s) {
      state.bad = false;
      changed_ = true;
    }
    return;
  }
  if (is_masked(round.endpoint, second)) return;
  state.last_bad_s = second;
  if (state.bad_rounds < kRounds) ++state.bad_rounds;
  if (state.bad_rounds == kRounds && !state.bad) became_bad(round.endpoint, second);
  if (state.bad) {
    Group& group = groups_[site_of_[round.endpoint.value]];
    if (!group.active) group = {true, second, second, false};
    group.last_bad_s = second;
  }
}

void Baselines::became_bad(EndpointIndex endpoint, std::int64_t second) {
  states_[endpoint.value].bad = true;
  changed_ = true;
  by_endpoint_.push_back(ticket_of(endpoint, second, {endpoint}));
}

void Baselines::group_by_site(std::int64_t second) {
  for (auto group = groups_.begin(); group != groups_.end();) {
    Group& one = group->second;
    if (!one.ticketed && second - one.first_bad_s >= kGroupWait_s) {
      one.ticketed = true;
      std::vector<EndpointIndex> bad;
      for (const EndpointIndex endpoint : network_.topology->endpoints_below(group->first))
        if (states_[endpoint.value].bad) bad.push_back(endpoint);
      by_site_.push_back(ticket_of(group->first, second, std::move(bad)));
    }
    group = second - one.last_bad_s >= kGood_s ? groups_.erase(group) : std::next(group);
  }
}

// From the bottom up along the transport edges: a node is bad if half of its children are.
void Baselines::find_highest(std::int64_t second) {
  const Topology& topology = *network_.topology;
  std::map<NodeIndex, std::uint32_t> bad_children, children;
  std::map<NodeIndex, std::vector<EndpointIndex>> below;
  for (std::uint32_t e = 0; e < states_.size(); ++e) {
    ++children[site_of_[e]];
    if (!states_[e].bad) continue;
    ++bad_children[site_of_[e]];
    below[site_of_[e]].push_back({e});
  }
  std::map<NodeIndex, std::uint32_t> bad_sites, sites;
  const auto half = [](std::uint32_t bad, std::uint32_t all) { return bad > 0 && 2 * bad >= all; };
  std::vector<NodeIndex> roots;
  for (const SimSite& site : network_.sites) {
    ++sites[network_.aggregations[site.aggregation]];
    if (half(bad_children[site.node], children[site.node]))
      ++bad_sites[network_.aggregations[site.aggregation]];
  }
  std::uint32_t bad_aggregations = 0;
  for (const NodeIndex a : network_.aggregations) bad_aggregations += half(bad_sites[a], sites[a]);
  const bool core = half(bad_aggregations, static_cast<std::uint32_t>(network_.aggregations.size()));
  if (core) roots.push_back(network_.core);
  for (const SimSite& site : network_.sites) {
    const NodeIndex a = network_.aggregations[site.aggregation];
    const bool whole = half(bad_sites[a], sites[a]);
    if (core) break;
    if (whole && (roots.empty() || std::find(roots.begin(), roots.end(), a) == roots.end()))
      roots.push_back(a);
    if (!whole && half(bad_children[site.node], children[site.node])) roots.push_back(site.node);
  }
  for (const NodeIndex root : roots) {
    auto& until = ticketed_nodes_[root];
    if (second >= until) {
      std::vector<EndpointIndex> endpoints;
      for (const EndpointIndex endpoint : topology.endpoints_below(root))
        if (states_[endpoint.value].bad) endpoints.push_back(endpoint);
      by_node_.push_back(ticket_of(root, second, std::move(endpoints)));
    }
    until = second + kGood_s;
  }
  // What no such node explains is a ticket of its own endpoint.
  for (std::uint32_t e = 0; e < states_.size(); ++e) {
    if (!states_[e].bad || states_[e].last_bad_s < second - kLookEvery_s) continue;
    const auto above = topology.ancestors(EndpointIndex{e});
    const bool explained = std::any_of(roots.begin(), roots.end(), [&](NodeIndex root) {
      return std::find(above.begin(), above.end(), root) != above.end();
    });
    if (explained || by_endpoint_.empty()) continue;
    const bool is_new = std::any_of(
        by_endpoint_.rbegin(),
        by_endpoint_.rbegin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(by_endpoint_.size(), 200)),
        [&](const Ticket& t) { return t.endpoints[0].value == e && second - t.opened_s < kLookEvery_s; });
    if (is_new) by_node_.push_back(ticket_of(EndpointIndex{e}, second, {{e}}));
  }
}

void Baselines::complaints(std::span<const Call> calls) {
  std::map<NodeIndex, std::deque<std::pair<std::int64_t, std::uint64_t>>> of_site;
  std::map<NodeIndex, std::int64_t> muted_until;
  for (const Call& call : calls) {
    const Complaint& complaint = call.complaint;
    std::optional<NodeIndex> site;
    if (complaint.line) site = site_of_[complaint.line->value];
    if (complaint.cell) site = site_of_[complaint.cell->value];
    if (!site && complaint.place) {
      double least = std::numeric_limits<double>::max();
      for (const SimSite& one : network_.sites) {
        const double away = distance_m(one.place, *complaint.place);
        if (away < least) {
          least = away;
          site = one.node;
        }
      }
    }
    if (!site || is_masked(network_.topology->endpoints_below(*site).front(), call.received_s)) continue;
    auto& recent = of_site[*site];
    recent.emplace_back(call.received_s, complaint.customer);
    while (recent.front().first < call.received_s - kWindow_s) recent.pop_front();
    if (recent.size() < kComplaints || call.received_s < muted_until[*site]) continue;
    muted_until[*site] = call.received_s + kMute_s;
    by_complaints_.push_back(ticket_of(*site, call.received_s, network_.topology->endpoints_below(*site)));
  }
}

std::vector<std::pair<std::string, std::vector<Ticket>>> Baselines::tickets() const {
  return {{"B1", by_endpoint_}, {"B2", by_site_}, {"B3", by_node_}, {"B4", by_complaints_}};
}

}  // namespace faultline::accuracy
