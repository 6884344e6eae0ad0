// The greedy search of B.5 over candidates. Inside of the localiser; not for other stages.
#pragma once

#include "rules/correlate/candidate.h"

#include <cstddef>
#include <optional>
#include <queue>
#include <span>
#include <utility>
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
  // The candidates that have a bad endpoint, by index.
  std::span<const std::uint32_t> above(std::uint32_t position) const {
    return {above_.begin() + ends_[position], above_.begin() + ends_[position + 1]};
  }

  Scene(const LocaliseRules& rules, const Topology& topology, std::span<const BadEndpoint> bad,
        std::span<const Candidate> candidates);

 private:
  std::vector<std::uint32_t> ends_, above_;
};

class Search {
 public:
  // `unexplained` has a flag for each bad endpoint, `excluded` one for each candidate.
  Search(const Scene& scene, std::vector<char> unexplained, std::vector<char> excluded);

  // The allowed node with the largest gain above 0; of equals the one with the lower index. Thousands of
  // sites lie below a core that is bad, and what each is worth is worked out only if it could be worth more
  // than that.
  std::optional<Pick> best();
  void take(const Pick& pick);  // what it explains is explained
  void exclude(std::size_t candidate) { excluded_[candidate] = 1; }

  const std::vector<char>& unexplained() const { return unexplained_; }
  const std::vector<char>& excluded() const { return excluded_; }

 private:
  void evaluate(std::size_t candidate);
  void set_aside(std::size_t candidate);  // until it could be the best

  const Scene& scene_;
  std::vector<char> unexplained_, excluded_;
  std::vector<char> stale_;   // its gain is not known: it is in `waiting_`,
  std::vector<double> most_;  // and is at most this
  std::priority_queue<std::pair<double, std::size_t>> waiting_;  // by what was the most when it was set aside
  std::vector<std::optional<Gain>> gains_;  // empty: guard not passed, or nothing left below
};

// What else could explain the same endpoints: the picks of a search without the node and all above it, and
// without those candidates that are excluded.
struct Rival {
  double nats = 0;
  std::vector<std::size_t> candidates;
};
Rival rival_of(const Scene& scene, std::span<const char> excluded, const Pick& pick);

}  // namespace faultline::correlate
