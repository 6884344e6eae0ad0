// The whole daemon as a prober: its program on a configuration made for the purpose, seen from outside by
// its own metrics and by what the kernel says it has used.
#pragma once

#include "probes/packet/settings.h"
#include "rules/model/result.h"
#include "tests/bench/probe_lab.h"

#include <cstdint>
#include <string>
#include <vector>

namespace faultline::bench {

struct DaemonResult {
  Nanos cpu = 0, took = 0;
  std::uint64_t sent = 0, received = 0, rounds = 0, unmeasured = 0, queue_drops = 0;
  double worst_lag_s = 0;    // of late
  double lag_below_2ms = 0;  // share of the packets
  double rss_settled_mb =
      0;  // after five minutes, when the first hundred thousand endpoints have been told; or at the end
  double rss_first_mb = 0;  // when the measuring began
  double rss_mb = 0;        // when it ended
  double start_s = 0;       // until it listens
  double loss_true = 0;     // by the lab, in the same time
};

// Probes the addresses as the settings say, if wanted also by 10 STAMP packets every 30 s, and measures
// `seconds` after everyone has had a round. Says on stderr once a minute how it stands.
Result<DaemonResult> run_daemon(const std::string& program, const std::vector<std::string>& addresses,
                                const packet::PacketSettings& settings, double seconds, const ProbeLab& lab,
                                bool with_stamp);

}  // namespace faultline::bench
