// How many complaints are usual: learnt from those that no incident explained (algorithms C.2). A level for
// each technology, the hours of the week, a factor for each area, and how much complaints come in clumps. It
// starts from the shipped table and moves away from it as far as what was heard allows. Learns with a day's
// delay, when it is known which complaints an incident explains. One thread; plain numbers, no clock.
#pragma once

#include "rules/correlate/footprint.h"
#include "rules/model/correlate_rules.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace faultline::correlate {

class Usual {
 public:
  // Complaints an hour of one customer of each technology.
  Customers per_hour(Timestamp at, const ScanRules& rules) const;
  // Technical complaints an hour, of customers that are weighted by `factor` already.
  double rate(const Customers& customers, Timestamp at, const ScanRules& rules) const;
  double between(const Customers& customers, Timestamp from, Timestamp until, const ScanRules& rules) const;
  // Of the area of an endpoint, around 1.
  double factor(const Topology& topology, EndpointIndex endpoint, const ScanRules& rules) const;
  // Size of the negative binomial.
  double dispersion(const ScanRules& rules) const;

  // A complaint of a day ago that counted and that no incident has; `sure`: it lies in the endpoint's area.
  void heard(const Topology& topology, EndpointIndex endpoint, bool sure);
  // The hour that these were received in is over. True if the factors have changed (once a day).
  bool end_hour(const Topology& topology, Timestamp hour, const ScanRules& rules);

  // All that was learnt, as text; areas by the names of their nodes. One that does not fit is ignored.
  std::string save(const Topology& topology) const;
  void restore(const Topology& topology, std::string_view saved);

 private:
  struct Area {
    double heard = 0, expected = 0;
    std::uint32_t today = 0;
  };
  double slot_factor(std::size_t slot, const ScanRules& rules) const;
  void end_day(const Topology& topology, const ScanRules& rules);

  Customers heard_, expected_;  // of both technologies, against the shipped table
  std::array<double, 168> slot_heard_{}, slot_expected_{};
  double squares_ = 0, excess_ = 0;
  std::unordered_map<NodeIndex, Area> areas_;
  // Since the last end_hour and the last end_day.
  Customers hour_, day_;
  std::uint32_t hours_ = 0;
};

}  // namespace faultline::correlate
