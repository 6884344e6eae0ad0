// `faultline replay`: a recording (JSON lines: inventory, rounds, complaints, alarms, maintenance, ticks)
// goes through the same Pipeline as in the daemon, and what it would do comes out as JSON lines. The format
// is described in docs/replay.md. Reads one line at a time, keeps nothing of it; no clock, no threads.
#pragma once

#include "rules/model/result.h"
#include "rules/model/rule_set.h"
#include "rules/model/topology.h"

#include <cstdint>
#include <istream>
#include <memory>
#include <ostream>

namespace faultline::replay {

inline constexpr std::size_t kMaxLineBytes = 64 << 20;  // an inventory of 100,000 endpoints is one line

struct Summary {
  std::uint64_t inputs = 0;
  std::uint64_t actions = 0;
};

// `topology` may be null: then the first line must be an inventory. The error names the line: "line 7: …".
// Times must not go back by more than an hour. Degradations and bursts are written too.
Result<Summary> replay(std::istream& in, std::ostream& out, std::shared_ptr<const RuleSet> rules,
                       std::shared_ptr<const Topology> topology = nullptr);

}  // namespace faultline::replay
