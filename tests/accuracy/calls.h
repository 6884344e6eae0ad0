// Who complains, when, about what, from where: the background and what each fault brings. All of it is drawn
// before the simulation begins.
#pragma once

#include "rules/model/complaint.h"
#include "tests/accuracy/network.h"
#include "tests/accuracy/plan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace faultline::accuracy {

struct CallOptions {
  double days = 14;
  double delay_median_minutes = 20;
  double delay_sigma = 1;
  double far_share = 0;     // so many more places that are 5 km off
  double clock_skew_s = 0;  // of the sender, at most, either way
  bool surges = true;       // on 30 % of the days four times as many for two hours
  std::uint64_t seed = 1;
};

struct Call {
  Complaint complaint;
  std::int64_t received_s = 0;
  std::int32_t event = -1;  // which fault; -1: none
};

// In the order they are received. Counts the callers of each fault.
std::vector<Call> make_calls(const Network& network, std::span<Event> events, const CallOptions& options);

}  // namespace faultline::accuracy
