// Turns a target's finished round into the Round that the rules get: counts, outcome, round-trip statistics.
// Pure.
#pragma once

#include "probes/packet/settings.h"
#include "probes/packet/target.h"
#include "rules/model/round.h"

#include <vector>

namespace faultline::packet {

class RoundBuilder {
 public:
  // `cells` are the target's. A tainted round is not_measured for that reason, whatever was received.
  Round build(const Target& target, const Cells& cells, ProbeKindIndex kind, Timestamp started,
              Timestamp finished);

 private:
  RttSummary summary(const Target& target, const Cells& cells);

  std::vector<std::uint32_t> sorted_;  // kept for its memory
};

// A round in which nothing was sent.
Round unmeasured_round(const Target& target, ProbeKindIndex kind, OutcomeReason reason, Timestamp at);

}  // namespace faultline::packet
