// Lost packets against a good and a bad loss ratio: the increments of the two binomial CUSUMs (algorithms
// A.4) for paths that usually lose nothing, and for those that always lose some.
#pragma once

#include "rules/detect/state.h"
#include "rules/model/detect_rules.h"
#include "rules/model/round.h"

#include <array>

namespace faultline::detect {

// x of n lost. A session probe's round counts as one packet.
struct Counts {
  std::uint32_t sent = 0;
  std::uint32_t lost = 0;

  double ratio() const { return sent == 0 ? 0 : static_cast<double>(lost) / sent; }
  bool all_lost() const { return sent > 0 && lost == sent; }
};

// False: the round says nothing about the endpoint (not measured, malformed, or the probe host's own fault).
bool is_valid(const Round& round);
Counts counts_of(const Round& round);

// Nats that a round adds, uncapped.
struct Increments {
  double fast = 0;
  double grey = 0;
};

class CountTable {
 public:
  explicit CountTable(const CountRules& rules);
  Increments increments(Counts counts, double usual_ratio) const;

 private:
  struct Weights {  // of a lost and of a received packet
    double fast_lost, fast_received, grey_lost, grey_received;
  };
  static constexpr std::size_t kLevels = 32;  // four to a doubling of the usual ratio
  double good_ratio_;
  std::array<Weights, kLevels> levels_;
};

// The ratio that the block of the day usually loses; a block not seen yet takes the worst of the others.
double usual_ratio(const ProbeTrack& track, std::size_t block);
void learn_ratio(ProbeTrack& track, std::size_t block, Counts counts, double rate);

// Adds a round to both statistics, with onset and the counts since it.
void add_counts(ProbeTrack& track, Counts counts, Increments increments, const CountRules& rules,
                Timestamp started);
// Adds it to the evidence: since the onset of a loss, else as a run of good rounds.
void add_evidence(ProbeTrack& track, double nats, bool in_trouble, const EvidenceRules& rules);

}  // namespace faultline::detect
