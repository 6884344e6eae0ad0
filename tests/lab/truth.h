// The lab's JSON: complaints as the API takes them, and what really happened, for those who judge the daemon.
#pragma once

#include "tests/lab/api_client.h"
#include "tests/lab/director.h"

#include <map>
#include <string>

namespace faultline::lab {

// The body of POST /api/v1/complaints.
std::string complaint_json(const ComplaintReport& report);

struct NetworkSummary {
  EmulatorCounters counters;
  double lateness_p50_us = 0, lateness_p99_us = 0;
  double excluded_ratio = 0;  // answers more than 100 us late: not fit to judge a prober by
  double cpu_seconds = 0;
  unsigned long long queue_drops = 0;     // lost before the lab could read them
  unsigned long long write_failures = 0;  // answers that the kernel did not take
  bool complete = false;                  // false: the network still runs, all of this is zero
};

// {"seed", "started", "inventory": {"nodes", "endpoints"}, "faults": [{"target", "kind", "settings",
// "begin_s",
//  "begin", "end_s" | null, "end" | null, "endpoints": [names], "customers", "complaints": [ids]}],
//  "complaints": [{"id", "at_s", "endpoint", "fault": index | null, "report": {…}, "attempts", "status",
//  "accepted", "answer": {…} | null}], "network": {…}}
std::string truth_json(const Director& director, const LabInventory& inventory, std::uint64_t seed,
                       const std::map<std::string, Delivery>& deliveries, const NetworkSummary& network);

}  // namespace faultline::lab
