#include "rules/correlate/localiser_words.h"

#include "rules/model/time_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace faultline::correlate {
namespace {

std::string node_text(const Scene& scene, const Candidate& candidate) {
  return fmt::format("{} {}", name(candidate.kind), scene.topology.node(candidate.node).name);
}

// "site a, site b and 3 more", or "separate endpoint faults".
std::string rival_text(const Scene& scene, const Rival& rival) {
  constexpr std::size_t kNamed = 3;
  if (rival.candidates.empty()) return "separate endpoint faults";
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, rival.candidates.size()); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", node_text(scene, scene.candidates[rival.candidates[i]]));
  if (rival.candidates.size() > kNamed) text += fmt::format(" and {} more", rival.candidates.size() - kNamed);
  return text;
}

// Between the onsets of the members, without the outer tenths: one stale onset says nothing.
Duration spread_of_onsets(const Scene& scene, const Pick& pick) {
  std::vector<Timestamp> onsets;
  for (const std::uint32_t position : pick.explained) onsets.push_back(scene.bad[position].onset);
  if (onsets.empty()) return {};
  std::sort(onsets.begin(), onsets.end());
  const std::size_t cut = onsets.size() / 10;
  return onsets[onsets.size() - 1 - cut] - onsets[cut];
}

}  // namespace

void describe_node(Hypothesis& hypothesis, const Scene& scene, const Pick& pick, const Rival& rival) {
  const Candidate& candidate = scene.candidates[pick.candidate];
  hypothesis.evidence.push_back(
      {fmt::format("{} of {} endpoints bad in {} of {} groups below {} since {} (onset spread {:.0f} s)",
                   hypothesis.bad.size(), hypothesis.bad.size() + hypothesis.healthy, hypothesis.groups_hit,
                   hypothesis.groups, node_text(scene, candidate), time_of_day(hypothesis.onset),
                   to_seconds(spread_of_onsets(scene, pick))),
       hypothesis.gain_nats});
  hypothesis.alternatives.push_back(
      {fmt::format("{}: {:.1f} nats less likely", rival_text(scene, rival), hypothesis.margin_nats),
       -hypothesis.margin_nats});
}

void describe_endpoint(Hypothesis& hypothesis, const Scene& scene, const BadEndpoint& bad) {
  hypothesis.evidence.push_back(
      {fmt::format("endpoint {} is bad since {}, and no common cause with others fits better",
                   scene.topology.endpoint(bad.endpoint).name, time_of_day(bad.onset)),
       bad.nats});
}

void describe_contest(Hypothesis& hypothesis, const Scene& scene, const Pick& pick, const Rival& rival) {
  const double margin = pick.gain.nats - rival.nats;
  const std::string node = node_text(scene, scene.candidates[pick.candidate]);
  hypothesis.alternatives.push_back(
      {margin > 0 ? fmt::format("{} fits {:.1f} nats better, which is too little to be sure", node, margin)
                  : fmt::format("{}: {:.1f} nats less likely", node, -margin),
       margin});
}

}  // namespace faultline::correlate
