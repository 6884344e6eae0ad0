// What operators use today, on the same rounds and complaints (algorithms G.3): static thresholds with a
// ticket for each endpoint (B1), the same grouped by site (B2), the highest node with half of its children
// bad (B3), five complaints of a site within an hour (B4). All of them know the maintenance calendar.
#pragma once

#include "rules/model/round.h"
#include "tests/accuracy/calls.h"
#include "tests/accuracy/ledger.h"
#include "tests/accuracy/network.h"
#include "tests/accuracy/plan.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace faultline::accuracy {

class Baselines {
 public:
  Baselines(const Network& network, std::span<const Event> events);

  void on(const Round& round, std::int64_t second);
  void complaints(std::span<const Call> calls);  // B4, all at once
  std::vector<std::pair<std::string, std::vector<Ticket>>> tickets() const;

 private:
  struct State {
    float usual_ms = 0, usual_dbm = 0;
    std::uint8_t bad_rounds = 0;
    bool bad = false;
    std::int64_t last_bad_s = 0;
  };
  struct Group {
    bool active = false;
    std::int64_t first_bad_s = 0, last_bad_s = 0;
    bool ticketed = false;
  };
  bool is_masked(EndpointIndex endpoint, std::int64_t second) const;
  void became_bad(EndpointIndex endpoint, std::int64_t second);
  void group_by_site(std::int64_t second);
  void find_highest(std::int64_t second);
  static Ticket ticket_of(Root root, std::int64_t second, std::vector<EndpointIndex> endpoints);

  const Network& network_;
  std::vector<const Event*> windows_;
  std::vector<State> states_;
  std::vector<NodeIndex> site_of_;  // by the inventory
  std::map<NodeIndex, Group> groups_;
  std::map<NodeIndex, std::int64_t> ticketed_nodes_;  // B3: until when they are known
  std::int64_t looked_s_ = 0;
  bool changed_ = false;
  std::vector<Ticket> by_endpoint_, by_site_, by_node_, by_complaints_;
};

}  // namespace faultline::accuracy
