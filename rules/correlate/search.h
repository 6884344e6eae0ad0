// The greedy search of B.5 over candidates. Inside of the localiser; not for other stages.
#pragma once

#include "rules/correlate/candidate.h"

#include <optional>
#include <span>
#include <vector>

namespace faultline::correlate {

// One node taken as a root, with the bad endpoints (positions) that it explains.
struct Pick {
  std::size_t candidate = 0;
  Gain gain;
  std::vector<std::uint32_t> explained;
};

// What a search works on; all of it outlives it.
struct Scene {
  const LocaliseRules& rules;
  const Topology& topology;
  std::span<const BadEndpoint> bad;
  std::span<const Candidate> candidates;
  std::vector<std::vector<std::uint32_t>> above;  // per bad endpoint: the candidates that have it

  Scene(const LocaliseRules& rules, const Topology& topology, std::span<const BadEndpoint> bad,
        std::span<const Candidate> candidates);
};

class Search {
 public:
  // `unexplained` has a flag for each bad endpoint, `excluded` one for each candidate.
  Search(const Scene& scene, std::vector<char> unexplained, std::vector<char> excluded);

  // The allowed node with the largest gain above 0; of equals the one with the lower index.
  std::optional<Pick> best();
  void take(const Pick& pick);  // what it explains is explained
  void exclude(std::size_t candidate) { excluded_[candidate] = 1; }

  const std::vector<char>& unexplained() const { return unexplained_; }
  const std::vector<char>& excluded() const { return excluded_; }

 private:
  void evaluate(std::size_t candidate);

  const Scene& scene_;
  std::vector<char> unexplained_, excluded_, stale_;
  std::vector<std::optional<Gain>> gains_;  // empty: guard not passed, or nothing left below
};

// What else could explain the same endpoints: the picks of a search without the node and all above it.
struct Rival {
  double nats = 0;
  std::vector<std::size_t> candidates;
};
Rival rival_of(const Scene& scene, const Search& search, const Pick& pick);

}  // namespace faultline::correlate
