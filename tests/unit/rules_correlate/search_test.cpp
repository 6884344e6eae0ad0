// The search puts off what cannot be the best yet. It must pick what one that works out everything picks.
#include "rules/correlate/search.h"

#include "tests/unit/rules_correlate/fixture.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace faultline::correlate {
namespace {

using test::kStart;
using test::Network;

// Four rings of five sites of four cells, and five zones of power across them.
std::shared_ptr<const Topology> rings() {
  Network network;
  network.node("core", NodeKind::core);
  for (int z = 0; z < 5; ++z) network.node("zone-" + std::to_string(z), NodeKind::power);
  for (int r = 0; r < 4; ++r) {
    const std::string ring = "ring-" + std::to_string(r);
    network.node(ring, NodeKind::aggregation, {"core"});
    for (int s = 0; s < 5; ++s)
      network.site(ring + "-" + std::to_string(s), 4, {ring, "zone-" + std::to_string((r + s) % 5)});
  }
  return network.build();
}

struct Picked {
  std::size_t candidate = 0;
  double nats = 0;
  std::vector<std::uint32_t> explained;
  bool operator==(const Picked&) const = default;
};

std::vector<Picked> all_picks(const Scene& scene) {
  Search search(scene, std::vector<char>(scene.bad.size(), 1), std::vector<char>(scene.candidates.size(), 0));
  std::vector<Picked> picks;
  while (const auto pick = search.best()) {
    picks.push_back({pick->candidate, pick->gain.nats, pick->explained});
    if (pick->explained.empty()) search.exclude(pick->candidate);
    search.take(*pick);
  }
  return picks;
}

std::vector<Picked> all_picks_worked_out(const Scene& scene) {
  std::vector<char> unexplained(scene.bad.size(), 1), excluded(scene.candidates.size(), 0);
  std::vector<Picked> picks;
  for (;;) {
    std::optional<Picked> best;
    for (std::size_t i = 0; i < scene.candidates.size(); ++i) {
      const Candidate& candidate = scene.candidates[i];
      const auto groups = evidence_of(candidate, scene.bad, unexplained);
      if (excluded[i] != 0 || !passes_guard(candidate, groups, scene.rules)) continue;
      const bool is_core = candidate.kind == NodeKind::core;
      const Gain worth =
          gain(prior_nats(scene.rules.node_faults_per_year[static_cast<std::size_t>(candidate.kind)],
                          scene.rules.correlation_window),
               groups, scene.rules.spared, is_core ? scene.rules.spread_core : scene.rules.spread);
      if (worth.nats > (best ? best->nats : 0))
        best = Picked{i, worth.nats, explained_by(candidate, groups, worth, unexplained)};
    }
    if (!best) return picks;
    if (best->explained.empty()) excluded[best->candidate] = 1;
    for (const std::uint32_t position : best->explained) unexplained[position] = 0;
    picks.push_back(std::move(*best));
  }
}

TEST(Search, PicksWhatOnePicksThatWorksOutEverything) {
  const auto topology = rings();
  const Footprints footprints(topology);
  const LocaliseRules rules = test::localise_rules();
  std::mt19937 random(11);
  const auto unit = [&] { return static_cast<double>(random()) / static_cast<double>(std::mt19937::max()); };
  std::size_t picked = 0, several = 0;
  for (int world = 0; world < 1000; ++world) {
    // Some rings and sites are worse off than others.
    std::vector<double> share(topology->nodes().size());
    for (double& one : share) one = unit() < 0.12 ? 0.9 : 0;
    share[topology->find_node("core")->value] = 0;
    std::vector<BadEndpoint> bad;
    for (std::uint32_t e = 0; e < topology->endpoints().size(); ++e) {
      double is_bad = 0.02;
      for (const NodeIndex node : topology->ancestors(EndpointIndex{e}))
        is_bad = std::max(is_bad, share[node.value]);
      if (unit() < is_bad) bad.push_back({EndpointIndex{e}, unit() * 14 - 0.5, kStart, false});
    }
    const HealthyAfter is_healthy = [&](EndpointIndex endpoint, Timestamp) {
      return endpoint.value % 7 != 0;
    };
    const auto candidates = candidates_of(footprints, rules, bad, is_healthy);
    const Scene scene{rules, *topology, bad, candidates};
    const auto picks = all_picks(scene);
    EXPECT_EQ(picks, all_picks_worked_out(scene)) << "world " << world;
    picked += picks.size();
    if (picks.size() > 2) ++several;
  }
  EXPECT_GT(picked, 300U);
  EXPECT_GT(several, 40U);
}

}  // namespace
}  // namespace faultline::correlate
