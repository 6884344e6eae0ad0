#include "rules/decide/wrong_edges.h"

#include <algorithm>
#include <map>
#include <utility>

namespace faultline::decide {
namespace {

constexpr double kSecondsPerYear = 365.25 * 86400;
// An endpoint that really hangs there may be spared by a fault there as often as this.
constexpr double kSpared = 0.2;
constexpr double kMostOdds = 1e6, kLeastOdds = 1e-6;

bool is_wide(const Incident& incident, const Topology& topology) {
  return incident.opened_at && !incident.complaint_only && !incident.merged_into &&
         (std::holds_alternative<Area>(incident.root)
              ? !std::get<Area>(incident.root).nodes.empty()
              : std::holds_alternative<NodeIndex>(incident.root) &&
                    topology.node(std::get<NodeIndex>(incident.root)).kind != NodeKind::probe_host);
}

bool is_below(const Topology& topology, EndpointIndex endpoint, const Root& place) {
  const auto above = topology.ancestors(endpoint);
  const auto has = [&](NodeIndex node) { return std::find(above.begin(), above.end(), node) != above.end(); };
  if (const auto* node = std::get_if<NodeIndex>(&place)) return has(*node);
  const auto* area = std::get_if<Area>(&place);
  return area != nullptr && std::any_of(area->nodes.begin(), area->nodes.end(), has);
}

bool failed_with(const Incident& incident, EndpointIndex endpoint) {
  return std::find(incident.suspected_members.begin(), incident.suspected_members.end(), endpoint) !=
         incident.suspected_members.end();
}

Duration window_of(const Root& place, const Topology& topology, const IdentityRules& rules) {
  const auto* node = std::get_if<NodeIndex>(&place);
  const bool is_site = node != nullptr && topology.node(*node).kind >= NodeKind::site;
  return is_site ? rules.stray_site : rules.stray_wide;
}

}  // namespace

double WrongEdgeRatio::mean() const {
  const double wrong = kPriorWrong + static_cast<double>(strays);
  return wrong / (wrong + kPriorRight + static_cast<double>(members));
}

InventorySuspects inventory_suspects(std::span<const Incident> incidents, const Topology& topology,
                                     const IdentityRules& rules) {
  std::vector<const Incident*> told;
  for (const Incident& incident : incidents)
    if (is_wide(incident, topology)) told.push_back(&incident);
  std::sort(told.begin(), told.end(), [](const auto* a, const auto* b) { return a->number < b->number; });

  InventorySuspects found;
  std::map<std::pair<EndpointIndex, Root>, std::vector<const Incident*>> together;
  for (const Incident* incident : told) {
    found.ratio.members += incident->affected.size();
    for (const EndpointIndex endpoint : incident->suspected_members) {
      if (is_below(topology, endpoint, incident->root)) continue;
      together[{endpoint, incident->root}].push_back(incident);
      if (incident->recovered_at) ++found.ratio.strays;
    }
  }
  const double p = found.ratio.mean();
  for (const auto& [what, with] : together) {
    const auto& [endpoint, place] = what;
    InventorySuspect suspect{endpoint, place, {}, 0, 0, 0, with.front()->onset, with.back()->onset};
    // By coincidence an endpoint becomes bad within the window as often as this.
    const double by_chance =
        rules.endpoint_faults_per_year * to_seconds(2 * window_of(place, topology, rules)) / kSecondsPerYear;
    // The first time any endpoint of the network could have been it (B.6); later only this one.
    const auto endpoints = static_cast<double>(topology.endpoints().size());
    suspect.odds = p * static_cast<double>(with.front()->affected.size()) / (endpoints * by_chance);
    for (const Incident* incident : with) {
      suspect.incidents.push_back(incident->number);
      if (incident->recovered_at) ++suspect.recovered;
      if (incident != with.front()) suspect.odds *= (1 - kSpared) / by_chance;
    }
    for (const Incident* incident : told)
      if (incident->root == place && incident->onset > suspect.first_seen &&
          !failed_with(*incident, endpoint)) {
        ++suspect.apart;
        suspect.odds *= kSpared;
      }
    suspect.odds = std::clamp(suspect.odds, kLeastOdds, kMostOdds);
    found.suspects.push_back(std::move(suspect));
  }
  std::stable_sort(found.suspects.begin(), found.suspects.end(),
                   [](const auto& a, const auto& b) { return a.odds > b.odds; });
  return found;
}

}  // namespace faultline::decide
