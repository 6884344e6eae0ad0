// The complaints that no incident explains, by where they lie and when they were received, so that looking at
// a node costs what lies there and not what came from the whole network. Filled anew when attachments change;
// the newest complaint is added as it comes.
#pragma once

#include "rules/correlate/located.h"

#include <cstdint>
#include <span>
#include <vector>

namespace faultline::correlate {

class ComplaintCounts {
 public:
  using Times = std::vector<Timestamp>;  // sorted
  struct GroupTimes {
    std::uint32_t group = 0;  // position in Footprints::groups
    Times times;              // may be empty
  };

  // Keeps its memory: it is filled anew again and again, with much the same. Needed before the next question
  // about groups when the topology has changed.
  void clear();
  // `attached`: to an incident that lives on complaints. It counts where it lies, so that the incident can
  // grow to its true root, but is no part of what the network complains besides.
  void add(Timestamp received, const Located& located, bool attached);

  // Of the whole network, those not attached, also those without a place.
  const Times& open() const { return open_; }
  const Times& at(EndpointIndex endpoint) const;
  const Times& at(NodeIndex node) const;
  // Those of the node's groups, sorted.
  std::span<const GroupTimes> in_groups(NodeIndex node) const;

 private:
  struct OfNode {
    Times times;
    std::vector<GroupTimes> groups;
  };
  OfNode& of(NodeIndex node);

  Times open_;
  std::vector<Times> endpoints_;  // by index
  std::vector<OfNode> nodes_;
  std::vector<EndpointIndex> filled_endpoints_;
  std::vector<NodeIndex> filled_nodes_;
};

// How many of them are later than `after` and not later than `until`.
std::uint32_t count_between(const ComplaintCounts::Times& times, Timestamp after, Timestamp until);

}  // namespace faultline::correlate
