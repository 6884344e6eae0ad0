// The numbers of rules/correlate. None has a default here: rules/defaults/correlate.yaml holds them all, each
// with its reason, and daemon/config/rule_file_correlate.cpp reads it. Filled once, then shared read-only.
#pragma once

#include "rules/model/time.h"
#include "rules/model/topology.h"

#include <array>
#include <cstdint>
#include <vector>

namespace faultline {

inline constexpr std::size_t kNodeKindCount = kNodeKindNames.size();

// How far a fault at a node reaches, which decides how long to wait and how much to demand.
enum class Level : std::uint8_t { endpoint, site, wide };
constexpr Level level_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::site:
    case NodeKind::olt:
    case NodeKind::splitter:
    case NodeKind::cmts:
    case NodeKind::dslam:
      return Level::site;
    default:
      return Level::wide;
  }
}

// One point of a mixture: a value and how probable it is. The weights of a mixture add up to 1.
struct MixturePoint {
  double value = 0;
  double weight = 0;
};
using Mixture = std::vector<MixturePoint>;

// What a node must show before it can be the root (B.4): so many child groups, at least this share of all its
// groups, each with this share of its freshly measured endpoints bad. A node with fewer groups than
// `groups` needs all it has, but never less than two.
struct GuardRules {
  std::uint32_t groups = 0;
  double group_share = 0;
  double bad_share = 0;
  std::uint32_t results = 1;  // of a group with fewer fresh results (or all it has) nothing is concluded
};

// Localisation (B).
struct LocaliseRules {
  double endpoint_faults_per_year = 0;
  std::array<double, kNodeKindCount> node_faults_per_year{};
  Duration correlation_window{};  // W of B.1
  Mixture spared;                 // beta: share of a hit group's endpoints that stay good
  Mixture spread;                 // theta: share of a node's child groups that are hit
  Mixture spread_core;
  GuardRules aggregation, core, shared_risk;
  double bad_nats = 0;           // what a confirmed bad endpoint is worth at least
  double ambiguity_nats = 0;     // a smaller margin names the lower node and lists the other
  double onset_quantile = 0;     // of the members' onsets: the onset of the fault
  Duration onset_spread{};       // bad endpoints with onsets further apart are not explained together
  double hidden_distance_m = 0;  // hidden shared risk (B.6): sites so near to each other,
  double hidden_bad_share = 0;   // so completely bad,
  Duration hidden_spread{};      // so closely together in time
  std::uint32_t tests = 0;       // endpoints to probe when ambiguous, at most
  Duration every{};              // looked at anew so often while something is suspected, and at once when an
                                 // endpoint became bad or well
  bool healthy_evidence = true;  // false: what healthy neighbours say is left out, to see what it is worth
};

// From a complaint's place to the endpoints that may serve it (C.1).
struct GeocodeRules {
  double cell_share = 0;        // weight of the serving cell; the rest goes to the site's other sectors
  double near_share = 0;        // of the place being as exact as it claims
  double far_deviation_m = 0;   // standard deviation when it is not
  double least_accuracy_m = 0;  // a claim of more exactness is not believed
  std::uint32_t centroid_customers = 0;  // so many customers on different days at one exact place:
  double centroid_deviation_m = 0;       // it is the middle of a town, and they are somewhere around
  double reach_m = 0;                    // farther endpoints have weight 0
  std::uint32_t endpoints = 0;           // at most so many, the heaviest
};

// How many of the affected call (D.5), per customer.
struct CallInRules {
  double hard_fixed = 0, hard_mobile = 0, soft_fixed = 0, soft_mobile = 0;
  Duration delay_median{};  // lognormal
  double delay_sigma = 0;
};

// Which incident explains a complaint (D.5).
struct AttachRules {
  CallInRules call_in;
  double least_probability = 0;  // attached above
  double least_coverage = 0;     // and if so much of where it may come from is affected
  Duration early{};              // a complaint so long before the estimated onset may still belong to it
  Duration floor{};              // delays are not taken as shorter
  double other_service = 0;      // factor on the rate if what is affected does not carry the service
  double after_recovery = 0;     // factor on the rate
  Duration after_recovery_limit{};
  Duration look_back{};  // attachments are recomputed so far back
};

// What is usual is learnt (C.2): from the shipped table, with so many complaints of weight.
struct UsualRules {
  Duration half_life{};
  double level_prior = 0;  // of a technology
  double hour_prior = 0;   // of an hour of the week
  double area_prior = 0;
  double dispersion_prior = 0;  // squared daily complaints of the areas
  double least_dispersion = 0, most_dispersion = 0;
};

// Unexplained complaints that lie near each other on the map and share no node (C.4).
struct AreaRules {
  bool enabled = true;
  double square_m = 0;                 // side of a square of the map
  std::array<double, 4> radii_m{};     // of the circles, ascending
  Duration recent{};                   // a circle's middle is a square with a complaint of so long
  std::uint32_t sites = 0;             // distinct sites that it takes,
  std::uint32_t complaints = 0;        // and distinct customers
  double unnamed_share = 0;            // where a node passes: so many callers without a line or cell
  double tail_factor = 0;              // on ScanRules::least_tail
  double faults_per_year = 0;          // of one place
  double cover_share = 0;              // of the callers: the sites that the incident names
  std::uint32_t centres = 0;           // circles around so many squares, the nearest ones,
  std::uint32_t weighed = 0;           // and so many of them weighed in full, at most
  std::uint32_t squares_a_second = 0;  // squares with new complaints that are looked at
};

// Unexplained complaints (C.2, C.3).
struct ScanRules {
  double mobile_per_hour = 0;  // technical complaints per customer and hour
  double fixed_per_hour = 0;
  std::array<double, 24> hour_profile{};  // local hour of the day, mean 1
  Duration utc_offset{};
  UsualRules usual;
  std::vector<Duration> windows;
  Mixture uplift;                // u and its weight
  double least_tail = 0;         // p*: negative binomial tail at most
  double dispersion = 0;         // its size k
  std::uint32_t complaints = 0;  // distinct customers at least
  std::uint32_t groups = 0;      // of an aggregation, with group_nats each
  double group_nats = 0;
  double silent_nats = 0;    // ln(1 - v): what healthy probes cost a cluster
  bool halo = true;          // what an incident explains without its being attached is not counted
  double located_share = 0;  // a complaint counts for a node that holds so much of its weight
  Duration dedup{};          // one customer counts once in
  // Two customers of one access endpoint within line_window have it tested; the third is a fault of at least
  // line_nats, if the tail allows.
  Duration line_window{};
  double line_nats = 0;
  double probed_nats = 0;  // complaints about what probes find bad are worth so much at most
  // From night_from to night_until, local time of day, the last night_window is looked at as well.
  Duration night_window{}, night_from{}, night_until{};
  Duration surge_window{};  // the whole network's complaints against what is usual: over so long,
  double surge_prior = 0;   // with so many added to both,
  double surge_least = 0;   // it is a rise everywhere from this factor on,
  double surge_usual = 0;   // at the top of the network so many times as usual are still no fault
  AreaRules area;
};

// Looking harder (E).
struct ProbeRules {
  double bursts_per_second = 0;
  double burst_reserve = 0;           // size of the token bucket
  Duration endpoint_spacing{};        // between two bursts of one endpoint
  Duration network_spacing{};         // between two breadth-first sweeps of the network
  std::uint32_t per_aggregation = 0;  // endpoints per aggregation in such a sweep
  std::uint32_t siblings = 0;         // endpoints of the same site, at most,
  std::uint32_t first_siblings = 0;   // and as long as no second one below the site is bad
  std::uint32_t first_groups = 0;     // sibling groups below a wider node, as long as no second one is bad
  std::uint32_t hold_members = 0;     // re-measured while an incident waits to open
  Duration watch{};                   // a single endpoint so long before it opens,
  Duration watch_spacing{};           // if nothing was measured for so long
  std::uint32_t per_complaint = 0;    // endpoints nearest to a complaint
};

struct CorrelateRules {
  LocaliseRules localise;
  GeocodeRules geocode;
  AttachRules attach;
  ScanRules scan;
  ProbeRules probe;
};

}  // namespace faultline
