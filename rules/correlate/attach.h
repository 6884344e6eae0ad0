// Which incident explains a complaint: the expected stream of calls of each incident against the ordinary
// one (algorithms D.5). Pure.
#pragma once

#include "rules/correlate/footprint.h"
#include "rules/correlate/geocode.h"
#include "rules/correlate/usual.h"
#include "rules/model/correlate_rules.h"
#include "rules/model/endpoint_set.h"
#include "rules/model/incident.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace faultline::correlate {

// An incident as far as complaints are concerned.
struct AttachTarget {
  IncidentNumber number = 0;
  std::span<const EndpointIndex> affected;  // sorted
  Timestamp onset;
  std::optional<Timestamp> recovered;
  bool hard = true;                            // not reachable, rather than slow
  std::span<const EndpointIndex> strays = {};  // affected although the inventory puts them elsewhere; sorted

  bool affects(EndpointIndex endpoint) const;
};

// The targets by endpoint, for many complaints at once: most are nowhere near any incident, and none is near
// all. Valid as long as the targets.
class TargetIndex {
 public:
  TargetIndex(std::span<const AttachTarget> targets, std::size_t endpoints);
  // Those that affect an endpoint of the complaint, in their order: what attach() needs of them all. Until
  // the next call.
  std::span<const AttachTarget> near(const Weights& weights);

 private:
  std::span<const AttachTarget> targets_;
  std::vector<std::uint32_t> first_, of_endpoint_;  // positions of targets, by endpoint one after the other
  std::vector<std::uint32_t> positions_;
  std::vector<AttachTarget> near_;
};

// Where on the list of endpoints some of them stand, a bit for every 32 of them and for the same 32 of every
// 2048: those of a site stand together. Two lists without a common bit have no common endpoint, which is
// known without a look at them.
class Whereabouts {
 public:
  void add(EndpointIndex endpoint) { bits_ |= std::uint64_t{1} << (endpoint.value / 32 % 64); }
  bool may_meet(const Whereabouts& other) const { return (bits_ & other.bits_) != 0; }

 private:
  std::uint64_t bits_ = 0;
};
Whereabouts whereabouts_of(const Weights& weights);

// Where targets differ from those of the last look. What is not near a difference stays attached as it is.
class TargetChanges {
 public:
  void note(std::span<const AttachTarget> targets);
  // Those of a complaint. Of a day's complaints hardly any are.
  bool touch(const Whereabouts& whereabouts, const Weights& weights) const {
    return is_all_touched_ || (whereabouts.may_meet(touched_about_) && touch(weights));
  }
  void forget() { is_all_new_ = true; }  // at the next look everything is touched

 private:
  struct Seen {
    explicit Seen(const AttachTarget& target);
    bool is(const AttachTarget& target) const;

    Timestamp onset;
    std::optional<Timestamp> recovered;
    bool hard;
    std::vector<EndpointIndex> affected, strays;
  };
  void touched(std::span<const EndpointIndex> endpoints);
  bool touch(const Weights& weights) const;

  std::map<IncidentNumber, std::vector<Seen>> before_;  // an incident may have two: for whom it is over, too
  EndpointSet touched_;
  Whereabouts touched_about_;
  bool is_all_new_ = true, is_all_touched_ = false;
};

struct Attachment {
  std::optional<IncidentNumber> incident;  // attach to this one
  double probability = 0;                  // of the likeliest, attached or not
  double explained = 0;                    // by all incidents together, for the scan's counts
};

// Density of the delay from onset to call, calls per hour and caller: f of D.5.
double call_delay_density(Duration delay, const CallInRules& rules);

// Technical complaints per hour that the places of this complaint give anyway: mu of C.2.
double ordinary_rate(const Footprints& footprints, const Weights& weights, Timestamp at, const Usual& usual,
                     const ScanRules& rules);

// By the time at which it was received or that the customer gives for the beginning, whichever fits better:
// some arrive late, and what customers say is rounded.
Attachment attach(const Footprints& footprints, const Weights& weights, const Complaint& complaint,
                  std::span<const AttachTarget> targets, const Usual& usual, const CorrelateRules& rules);

}  // namespace faultline::correlate
