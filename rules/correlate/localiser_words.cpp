#include "rules/correlate/localiser_words.h"

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

}  // namespace

void describe_node(Hypothesis& hypothesis, const Scene& scene, const Pick& pick, const Rival& rival) {
  const Candidate& candidate = scene.candidates[pick.candidate];
  hypothesis.evidence.push_back(
      {fmt::format("{} bad and {} healthy endpoints measured below {}; {} of {} groups are hit",
                   hypothesis.bad.size(), hypothesis.healthy, node_text(scene, candidate),
                   hypothesis.groups_hit, hypothesis.groups),
       hypothesis.gain_nats});
  hypothesis.alternatives.push_back(
      {fmt::format("{}: {:.1f} nats less likely", rival_text(scene, rival), hypothesis.margin_nats),
       -hypothesis.margin_nats});
}

void describe_endpoint(Hypothesis& hypothesis, const Scene& scene, const BadEndpoint& bad) {
  hypothesis.evidence.push_back(
      {fmt::format("endpoint {} is bad, and no common cause with others fits better",
                   scene.topology.endpoint(bad.endpoint).name),
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
