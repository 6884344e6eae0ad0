// The complaints that no incident explains, by where they lie and when they were received, so that looking at
// a node costs what lies there and not what came from the whole network. Filled anew when attachments change;
// the newest complaint is added as it comes.
#pragma once

#include "rules/correlate/located.h"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace faultline::correlate {

class ComplaintCounts {
 public:
  using Times = std::vector<Timestamp>;               // sorted
  using GroupTimes = std::map<std::uint32_t, Times>;  // by position in Footprints::groups

  void clear();
  // `attached`: to an incident that lives on complaints. It counts where it lies, so that the incident can
  // grow to its true root, but is no part of what the network complains besides.
  void add(Timestamp received, const Located& located, bool attached);

  // Of the whole network, those not attached, also those without a place.
  const Times& open() const { return open_; }
  const Times& at(EndpointIndex endpoint) const;
  const Times& at(NodeIndex node) const;
  const GroupTimes& in_groups(NodeIndex node) const;

 private:
  Times open_;
  std::unordered_map<EndpointIndex, Times> endpoints_;
  std::unordered_map<NodeIndex, Times> nodes_;
  std::unordered_map<NodeIndex, GroupTimes> groups_;
};

// How many of them are later than `after` and not later than `until`.
std::uint32_t count_between(const ComplaintCounts::Times& times, Timestamp after, Timestamp until);

}  // namespace faultline::correlate
