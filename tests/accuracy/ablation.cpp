#include "tests/accuracy/ablation.h"

#include <chrono>

namespace faultline::accuracy {

void ablate(RuleSet& rules, Ablation ablation) {
  constexpr Duration kLong = std::chrono::minutes(15);
  switch (ablation) {
    case Ablation::bursts:
      break;
    case Ablation::healthy:
      rules.correlate.localise.healthy_evidence = false;
      break;
    case Ablation::strays:
      rules.decide.identity.wrong_edge_ratio = 0;
      break;
    case Ablation::halo:
      rules.correlate.scan.halo = false;
      break;
    case Ablation::long_merging:
      rules.decide.identity.coherence = rules.decide.identity.reroot_age = kLong;
      rules.correlate.localise.onset_spread = kLong;
      break;
    case Ablation::earliest_onset:
      rules.correlate.localise.onset_quantile = 0;
      break;
  }
}

}  // namespace faultline::accuracy
