// What throughput tests must know so that they disturb nobody: how much each line carries, which nodes a test
// runs through, and what was spent on tests today. One for the whole daemon, whatever the profiles. Pure but
// for the functions that wake who waits; main loop only. Forgotten at a restart: then a day's cap begins
// anew.
#pragma once

#include "rules/model/index.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace faultline::session {

struct LineTest {
  EndpointIndex endpoint;
  std::vector<NodeIndex> nodes;  // that it hangs on
  std::uint64_t bytes = 0;       // that the test may send and receive
};

struct TestLimits {
  std::size_t at_once = 1;        // tests of this daemon, which share its own uplink
  std::uint64_t daily_bytes = 0;  // of the endpoint, by UTC days
  double busy_bps = 0;            // the customer's own traffic from which the line is in use; 0: not asked
  double busy_ratio = 0;          // or its share of the capacity; 0: not asked
  Duration use_age{};             // older readings say nothing
  bool only_known_use = false;    // a line of which nothing is known is taken for one in use
};

class LineBook {
 public:
  // What another probe read: traffic and utilisation are kept, the rest is passed over.
  void note_use(const Round& round);

  // Why the test must not begin now; `none`: it has begun, and end() must follow.
  OutcomeReason begin(const LineTest& test, const TestLimits& limits, Timestamp now);
  // `spent`: bytes that it sent and received. Wakes who waits.
  void end(const LineTest& test, std::uint64_t spent, Timestamp now);
  // Calls `wake` once, when a test ends.
  void when_one_ends(std::function<void()> wake);

 private:
  struct Reading {
    float value = kNoValue;
    Timestamp at;
  };
  struct Use {
    Reading traffic_bps, utilisation;
  };
  struct Spent {
    std::int64_t day = 0;
    std::uint64_t bytes = 0;
  };

  bool is_in_use(EndpointIndex endpoint, const TestLimits& limits, Timestamp now) const;
  std::uint64_t spent_today(EndpointIndex endpoint, Timestamp now) const;

  std::map<EndpointIndex, Use> use_;
  std::map<EndpointIndex, Spent> spent_;
  std::set<NodeIndex> nodes_;  // under test
  std::size_t running_ = 0;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace faultline::session
