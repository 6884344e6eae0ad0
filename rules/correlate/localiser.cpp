#include "rules/correlate/localiser.h"

#include "rules/correlate/localiser_words.h"
#include "rules/correlate/search.h"

#include <algorithm>

namespace faultline::correlate {
namespace {

// The affected groups are those that are hit at the best mixture point (B.3); they are the footprint.
void fill_footprint(Hypothesis& hypothesis, const Scene& scene, const Pick& pick,
                    std::span<const char> unexplained) {
  const Candidate& candidate = scene.candidates[pick.candidate];
  const auto groups = evidence_of(candidate, scene.bad, unexplained);
  hypothesis.groups = static_cast<std::uint32_t>(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (!is_hit(groups[g], pick.gain)) continue;
    if (groups[g].bad > 0) ++hypothesis.groups_hit;
    const auto& endpoints = candidate.groups[g].endpoints;
    hypothesis.affected.insert(hypothesis.affected.end(), endpoints.begin(), endpoints.end());
  }
  std::sort(hypothesis.affected.begin(), hypothesis.affected.end());
}

// Endpoints whose state nobody knows since the onset: measuring them tells the explanations apart.
void add_tests(Hypothesis& hypothesis, const Candidate& other, const Scene& scene,
               const HealthyAfter& is_healthy) {
  for (const ChildGroup& group : other.groups) {
    std::size_t of_group = 0;
    for (const EndpointIndex endpoint : group.endpoints) {
      if (hypothesis.tests.size() >= scene.rules.tests) return;
      if (of_group >= 2 || std::binary_search(hypothesis.bad.begin(), hypothesis.bad.end(), endpoint) ||
          is_healthy(endpoint, other.onset))
        continue;
      hypothesis.tests.push_back(endpoint);
      ++of_group;
    }
  }
}

Timestamp upper_median_onset(std::vector<BadEndpoint> members) {
  const auto middle = members.begin() + static_cast<std::ptrdiff_t>(members.size() / 2);
  std::nth_element(members.begin(), middle, members.end(),
                   [](const BadEndpoint& a, const BadEndpoint& b) { return a.onset < b.onset; });
  return middle->onset;
}

Hypothesis at_node(const Scene& scene, const Search& search, const Pick& pick, const Rival& rival) {
  const Candidate& candidate = scene.candidates[pick.candidate];
  Hypothesis hypothesis;
  hypothesis.root = candidate.node;
  hypothesis.level = level_of(candidate.kind);
  hypothesis.gain_nats = pick.gain.nats;
  hypothesis.margin_nats = pick.gain.nats - rival.nats;
  hypothesis.healthy = candidate.healthy_total();
  std::vector<BadEndpoint> members;
  for (const std::uint32_t position : pick.explained) {
    members.push_back(scene.bad[position]);
    hypothesis.bad.push_back(scene.bad[position].endpoint);
  }
  std::sort(hypothesis.bad.begin(), hypothesis.bad.end());
  hypothesis.onset = onset_of(members, scene.rules.onset_quantile);
  hypothesis.flapping =
      std::all_of(members.begin(), members.end(), [](const BadEndpoint& member) { return member.flapping; });
  hypothesis.median_onset = upper_median_onset(std::move(members));
  fill_footprint(hypothesis, scene, pick, search.unexplained());
  describe_node(hypothesis, scene, pick, rival);
  return hypothesis;
}

Hypothesis at_endpoint(const Scene& scene, const BadEndpoint& bad) {
  Hypothesis hypothesis;
  hypothesis.root = bad.endpoint;
  hypothesis.gain_nats =
      prior_nats(scene.rules.endpoint_faults_per_year, scene.rules.correlation_window) + bad.nats;
  hypothesis.margin_nats = hypothesis.gain_nats;
  hypothesis.onset = hypothesis.median_onset = bad.onset;
  hypothesis.flapping = bad.flapping;
  hypothesis.bad = hypothesis.affected = {bad.endpoint};
  hypothesis.groups = hypothesis.groups_hit = 1;
  describe_endpoint(hypothesis, scene, bad);
  return hypothesis;
}

// A node that did not win tells those that did why they might be wrong.
struct Contest {
  Pick pick;
  Rival rival;
};

void mention(Hypothesis& hypothesis, const Contest& contest, const Scene& scene,
             const HealthyAfter& is_healthy) {
  const Candidate& other = scene.candidates[contest.pick.candidate];
  const bool concerned =
      std::any_of(contest.pick.explained.begin(), contest.pick.explained.end(), [&](std::uint32_t position) {
        return std::binary_search(hypothesis.bad.begin(), hypothesis.bad.end(), scene.bad[position].endpoint);
      });
  if (!concerned) return;
  const double margin = contest.pick.gain.nats - contest.rival.nats;
  describe_contest(hypothesis, scene, contest.pick, contest.rival);
  if (margin <= -scene.rules.ambiguity_nats) return;
  hypothesis.ambiguous = true;
  hypothesis.margin_nats = std::min(hypothesis.margin_nats, -margin);
  add_tests(hypothesis, other, scene, is_healthy);
}

}  // namespace

Timestamp onset_of(std::span<const BadEndpoint> bad, double quantile) {
  std::vector<Timestamp> onsets;
  for (const BadEndpoint& member : bad) onsets.push_back(member.onset);
  const auto position = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(onsets.size() - 1));
  std::nth_element(onsets.begin(), onsets.begin() + position, onsets.end());
  return onsets[static_cast<std::size_t>(position)];
}

std::vector<Hypothesis> explain(const Footprints& footprints, const LocaliseRules& rules,
                                std::span<const BadEndpoint> given, const HealthyAfter& is_healthy) {
  std::vector<BadEndpoint> bad(given.begin(), given.end());
  std::sort(bad.begin(), bad.end(), [](const auto& a, const auto& b) { return a.endpoint < b.endpoint; });
  const auto candidates = candidates_of(footprints, rules, bad, is_healthy);
  const Scene scene{rules, footprints.topology(), bad, candidates};

  std::vector<Hypothesis> found;
  std::vector<Contest> contests;
  Search search(scene, std::vector<char>(bad.size(), 1), std::vector<char>(candidates.size(), 0));
  while (auto pick = search.best()) {
    Rival rival = rival_of(scene, search.excluded(), *pick);
    if (pick->explained.empty() || pick->gain.nats - rival.nats < rules.ambiguity_nats) {
      search.exclude(pick->candidate);
      contests.push_back({std::move(*pick), std::move(rival)});
      continue;
    }
    found.push_back(at_node(scene, search, *pick, rival));
    search.take(*pick);
  }
  for (std::size_t i = 0; i < bad.size(); ++i)
    if (search.unexplained()[i] != 0) found.push_back(at_endpoint(scene, bad[i]));
  for (const Contest& contest : contests)
    for (Hypothesis& hypothesis : found) mention(hypothesis, contest, scene, is_healthy);
  return found;
}

}  // namespace faultline::correlate
