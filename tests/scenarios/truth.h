// The network of a scenario as it really is: what a packet to each endpoint would meet at this moment. Made
// worse by `fault` lines and well again by `restore`. Deterministic: chance is a hash of the endpoint and the
// count of rounds it had.
#pragma once

#include "rules/model/round.h"
#include "rules/model/topology.h"
#include "tests/scenarios/scenario.h"

#include <memory>
#include <optional>
#include <vector>

namespace faultline::scenarios {

struct Condition {
  double loss = 0;
  double rtt_ms = 20;
  double signal_dbm = 0;  // 0: no signal is read
  bool measured = true;   // false: the probe says "not measured"
  bool silent = false;    // no round comes at all
};

class Truth {
 public:
  explicit Truth(std::shared_ptr<const Topology> topology);

  // "*", a node (all below), an endpoint, or a name with a trailing *.
  std::vector<EndpointIndex> targets(const std::string& name) const;
  void set_topology(std::shared_ptr<const Topology> topology);
  // The normal condition (`round` lines), the fault over it, and its end.
  void set_normal(const Line& line, const std::string& target);
  void set_fault(const Line& line, const std::string& target);
  void restore(const std::string& target);
  // Everything is lost; or the scheduled rounds only, while bursts get through.
  void set_host_sick(bool sick, bool only_scheduled = false) {
    host_sick_ = sick;
    only_scheduled_ = only_scheduled;
  }

  bool is_silent(EndpointIndex endpoint) const { return now_[endpoint.value].silent; }
  // A round of so many packets sent at `at`; a burst adds 15 packets if one of the first 5 was lost.
  Round measure(EndpointIndex endpoint, Timestamp at, int packets, bool on_demand);
  // What a modem reads there, if there is one.
  std::optional<Round> read_signal(EndpointIndex endpoint, Timestamp at);

 private:
  double chance(EndpointIndex endpoint);  // 0 … 1, another one with each call
  std::shared_ptr<const Topology> topology_;
  std::vector<Condition> normal_, now_;
  std::vector<std::uint64_t> drawn_;
  bool host_sick_ = false, only_scheduled_ = false;
};

}  // namespace faultline::scenarios
