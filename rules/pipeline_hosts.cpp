// Where probes are sent from: whose results count, who is to blame when much is lost at once, and from where
// a burst is best sent (algorithms A.8). A fault of one probe host looks like a fault of everything it
// measures.
#include "rules/correlate/siblings.h"
#include "rules/pipeline_impl.h"

#include <algorithm>
#include <set>
#include <string>

namespace faultline {
namespace {

constexpr std::size_t kMostHosts = 32;  // as many as Tick has bits for

// Nothing came back, although the probe host did its part.
bool is_lost(const Round& round) {
  return round.packets.received == 0 && round.packets.late == 0;
}

struct Suspects {
  std::uint32_t suspects = 0;
  std::uint32_t measured = 0;
  std::uint32_t aggregations = 0;
};

// Endpoints of the host that became suspect or bad since then, and where they are.
Suspects count_suspects(const Topology& topology, std::span<const EndpointHealth> all,
                        std::span<const ProbeHostIndex> homes, ProbeHostIndex host, Timestamp since) {
  Suspects count;
  std::set<NodeIndex> aggregations;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (homes[i] != host || all[i].measured == Timestamp{} || all[i].state == HealthState::masked) continue;
    ++count.measured;
    const bool suspect = all[i].state == HealthState::suspect || all[i].state == HealthState::bad;
    if (!suspect || all[i].onset < since) continue;
    ++count.suspects;
    for (const NodeIndex node : topology.ancestors(EndpointIndex{i}))
      if (topology.node(node).kind == NodeKind::aggregation) aggregations.insert(node);
  }
  count.aggregations = static_cast<std::uint32_t>(aggregations.size());
  return count;
}

}  // namespace

// Also keeps what the guards go by.
bool Pipeline::Impl::does_count(const Round& round) {
  if (round.probe_host >= kMostHosts) return false;
  if (round.probe_host >= guards.size()) guards.resize(round.probe_host + 1U);
  decide::HostGuard& guard = guards[round.probe_host];
  if (!guard.results_count()) return false;
  const bool is_packets = round.outcome != Outcome::not_measured && round.packets.sent > 0;
  if (round.on_demand) {
    if (is_packets)
      for (decide::HostGuard& one : guards) one.note_sample(round.endpoint, round.outcome == Outcome::ok);
  } else {
    homes[round.endpoint.value] = round.probe_host;
    if (is_packets) guard.note_round(is_lost(round), round.finished);
  }
  return true;
}

bool Pipeline::Impl::is_away(const Round& round) const {
  return round.probe_host != homes[round.endpoint.value];
}

// Is there a probe host whose results count?
bool Pipeline::Impl::has_eyes() const {
  return std::any_of(guards.begin(), guards.end(), [](const auto& guard) { return guard.results_count(); });
}

bool Pipeline::Impl::is_settling(Timestamp now) const {
  return std::all_of(guards.begin(), guards.end(), [&](const auto& guard) {
    return !guard.results_count() || guard.is_settling(now, rules->decide.probe_host);
  });
}

// Not while one of them is doubted, nor where none of them sees.
bool Pipeline::Impl::may_open(Timestamp now) const {
  const auto is_in_doubt = [](const auto& guard) { return guard.state() == decide::HostState::doubted; };
  return has_eyes() && !is_settling(now) && std::none_of(guards.begin(), guards.end(), is_in_doubt);
}

// Loss is re-measured from another probe host where there is one: if it is clean from there, it was the way.
// Round trips are compared with what is usual, and that is known from the endpoint's own host only: nothing
// where that is blind.
std::optional<ProbeHostIndex> Pipeline::Impl::burst_from(EndpointIndex endpoint) const {
  const ProbeHostIndex home = homes[endpoint.value];
  if (guards.size() == 1) return home;
  const HealthState state = detector.health(endpoint).state;
  const bool is_lossy = detector.is_lossy(endpoint);
  const bool is_well = state == HealthState::ok || state == HealthState::unknown;
  if (guards[home].may_open() ? !is_lossy : !is_lossy && !is_well) {
    if (guards[home].results_count()) return home;
    return std::nullopt;
  }
  const std::size_t others = guards.size() - 1;
  for (std::size_t i = 0; i < others; ++i) {
    const std::size_t other = (home + 1 + (endpoint.value + i) % others) % guards.size();
    if (guards[other].may_open()) return static_cast<ProbeHostIndex>(other);
  }
  return home;
}

// Those of the inventory, in its order.
void Pipeline::Impl::list_hosts() {
  host_nodes.clear();
  const auto nodes = topology->nodes();
  for (std::uint32_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].kind == NodeKind::probe_host && !nodes[i].retired) host_nodes.push_back(NodeIndex{i});
}

// Its node, if the inventory has as many.
Root Pipeline::Impl::host_root(ProbeHostIndex host) const {
  if (host < host_nodes.size()) return host_nodes[host];
  return Area{};
}

void Pipeline::Impl::check_hosts(const Tick& tick, Actions& actions) {
  const GuardRulesOfHost& host_rules = rules->decide.probe_host;
  const Timestamp now = tick.at;
  while (!troubled.empty() && troubled.front() + host_rules.mass_window < now) troubled.pop_front();
  for (std::size_t i = 0; i < guards.size(); ++i) {
    const auto host = static_cast<ProbeHostIndex>(i);
    const Suspects count =
        guards[i].is_quiet(troubled.size(), now, host_rules)
            ? Suspects{}
            : count_suspects(*topology, detector.all(), homes, host, now - host_rules.mass_window);
    const auto verdict = guards[i].on_tick(!tick.fails(host), count.suspects, count.measured,
                                           count.aggregations, now, host_rules);
    follow_verdict(host, verdict, now, actions);
  }
  note_unseen(now);
}

void Pipeline::Impl::note_unseen(Timestamp now) {
  unseen.clear();
  const auto sees = [&](const decide::HostGuard& guard) {
    return guard.results_count() && !guard.is_settling(now, rules->decide.probe_host);
  };
  if (guards.size() == 1 || std::all_of(guards.begin(), guards.end(), sees)) return;
  for (const ProbeHostIndex home : homes) unseen.push_back(sees(guards[home]) ? 0 : 1);
}

void Pipeline::Impl::follow_verdict(ProbeHostIndex host, const decide::HostVerdict& verdict, Timestamp now,
                                    Actions& actions) {
  if (verdict.sample_wanted) ask_sample(host, now);
  if (verdict.became_blind || verdict.accused) discard_of(host, verdict.doubted_since, now, actions);
  const Root root = host_root(host);
  const bool is_only = guards.size() == 1;
  if (verdict.state == decide::HostState::sick && !verdict.why.empty())
    book.set_host_sick(true, root, is_only, verdict.why, now, actions);
  if (verdict.state != decide::HostState::well) return;  // well: also one that a restart has brought back
  for (std::size_t i = 0; i < guards.size(); ++i)        // of hosts that the inventory does not know
    if (guards[i].state() == decide::HostState::sick && host_root(static_cast<ProbeHostIndex>(i)) == root)
      return;
  book.set_host_sick(false, root, is_only,
                     verdict.why.empty() ? "the probe host passes its checks" : verdict.why, now, actions);
}

// What it made us believe.
void Pipeline::Impl::discard_of(ProbeHostIndex host, Timestamp since, Timestamp now, Actions& actions) {
  const auto is_its = [&](EndpointIndex endpoint) { return homes[endpoint.value] == host; };
  detector.discard_since(since, now, is_its, events);
  take_events(now, actions);
  std::erase_if(newly_bad, is_its);
  if (guards.size() == 1) bursts.clear();
  book.withdraw_since(since, is_its, now, "the probe host is to blame, not the network", actions);
}

// Endpoints of the host all over the network, measured again: are they really gone?
void Pipeline::Impl::ask_sample(ProbeHostIndex host, Timestamp now) {
  std::vector<EndpointIndex> measured;
  const auto all = detector.all();
  for (std::uint32_t i = 0; i < all.size(); ++i)
    if (homes[i] == host && all[i].measured != Timestamp{} && all[i].state != HealthState::masked)
      measured.push_back({i});
  const auto sample = correlate::spread_sample(measured, rules->decide.probe_host.sample);
  guards[host].set_sample(sample);
  for (const EndpointIndex endpoint : sample)
    bursts.ask(endpoint, BurstReason::suspicion, now, rules->correlate.probe);
}

}  // namespace faultline
