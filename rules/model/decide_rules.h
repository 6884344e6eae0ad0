// The numbers of rules/decide. None has a default here: rules/defaults/decide.yaml and causes.yaml hold them
// all, each with its reason, and daemon/config/rule_file_decide.cpp reads them. Filled once, then shared
// read-only.
#pragma once

#include "rules/model/incident.h"
#include "rules/model/time.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace faultline {

// Before an incident opens (D.2, D.3).
struct OpeningRules {
  double base_nats = 0;  // tau for many customers
  double customers = 0;  // below so many, ln(customers/A) is added
  Duration hold_wide{};  // core, aggregation, power, shared risk
  Duration hold_site{};
  Duration hold_endpoint{};        // that is gone
  Duration hold_endpoint_worse{};  // that is only worse than usual
  Duration detection{};            // from the onset to the suspicion, usually
  Duration hold_flapping{};        // an endpoint that goes up and down
  Duration hold_complaints{};      // complaints only: time for the bursts they caused
  double fresh_bad_share = 0;      // of the members that are freshly measured, so many are bad:
  Duration fresh{};                // what was bad within this time,
  Duration fresh_good{};           // what was good within this
  Duration remeasure{};            // members are measured again so long before the end of the hold
  double repeat_nats = 0;          // each further bad round of a single endpoint
  double repeat_limit_nats = 0;
  double parent_share = 0;           // a wide incident waits until so many sibling groups are measured
  std::uint32_t parent_results = 0;  // with so many results each
  Duration parent_patience{};        // or for so long
};

// Identity over time (D.4, B.6).
struct IdentityRules {
  Duration coherence{};      // onsets further apart are different faults
  Duration reroot_age{};     // younger incidents may move up or be merged
  Duration complaint_age{};  // the same of incidents of complaints only
  Duration ancestor_age{};   // under an incident younger than this
  Duration ancestor_wait{};  // a suspicion waits so much longer
  Duration stray_site{};     // a stray's onset is so near to the incident's
  Duration stray_wide{};
  double wrong_edge_ratio = 0;  // p_inv
  double stray_odds = 0;
  double endpoint_faults_per_year = 0;  // as correlate's
  Duration update_spacing{};            // between two updates that raise nothing
};

// Towards the end (D.4).
struct EndingRules {
  Duration recovery{};          // H: nothing bad for so long
  std::uint32_t doublings = 0;  // H doubles with every reopening, at most so often
  Duration longest_recovery{};
  double fresh_share = 0;       // members with a good result since
  Duration complaints_quiet{};  // complaint-only: no complaint for so long
  double last_share = 0;        // of the most bad: when so few are left a wider fault is over,
  Duration last_members{};      // and after so long they are faults of their own
  Duration reopen_endpoint{};   // the same of a single endpoint
  Duration reopen{};
  Duration close{};
};

// A wider fault is over but for parts of it (D.4).
struct NarrowingRules {
  Duration age{};          // since the opening; the time before it does not count
  double lead_nats = 0;    // the narrower explanation is better by more than this,
  Duration patience{};     // for so long on end
  Duration every{};        // the localiser is asked no more often than this for one incident
  double split_share = 0;  // of the most bad: when so few are left, the common cause is over
};

// Severity (D.7).
struct SeverityRules {
  double critical = 0, major = 0, minor = 0;  // weighted customers from here on
  double weight_hard = 0, weight_major = 0, weight_minor = 0;
  double hard_loss = 0, major_loss = 0;  // loss ratio from here on
  Duration long_lasting{};               // one level more
  Duration lower_after{};
};

// Is it the probe host itself (A.8)?
struct GuardRulesOfHost {
  Duration sick_hold{};            // the self-check fails for so long: incident
  Duration settle{};               // well again, nothing is concluded until what was bad is measured again
  Duration recover{};              // and passes for so long: results count again
  Duration doubt{};                // what was confirmed so shortly before is withdrawn
  std::uint32_t mass_results = 0;  // mass guard: at least so many scheduled results
  double mass_lost_share = 0;      // this share of them all lost
  double mass_suspect_share = 0;   // or this share of the endpoints suspect
  std::uint32_t mass_aggregations = 0;  // in so many aggregations
  Duration mass_window{};
  std::uint32_t sample = 0;  // endpoints to re-measure
  double clean_share = 0;    // of the sample: it was the host
  Duration sample_patience{};
};

// Too many tickets at once (A.8.5).
struct StormRules {
  std::uint32_t per_minute = 0;
  std::uint32_t per_hour = 0;
};

struct MaintenanceRules {
  Duration grace{};    // after the end
  Duration overrun{};  // trouble that begins so shortly after the grace is an overrun
};

// What is observed of an incident, the rows of the cause table (D.6).
enum class CauseFeature : std::uint8_t {
  root_single_customer,
  root_cell,
  root_line,
  root_site,
  root_power,
  root_aggregation,
  root_core,
  root_area,
  off_net_only,
  one_service_silent,
  air_silent,
  reach_hard,
  reach_partial,
  delay_only,
  onset_step,
  onset_ramp,
  recurs_daily,
  power_alarm,
  loss_of_signal,
  cell_off_air,
  cell_on_air,
  signal_weak,
  signal_noisy,
  optical_drop,
  physical_normal,
  busy_hour_delay,
  path_change,
  second_probe_contradicts,
  complaints_two,
};
inline constexpr std::size_t kCauseFeatureCount = 29;
inline constexpr std::array<std::string_view, kCauseFeatureCount> kCauseFeatureNames = {
    "root_single_customer", "root_cell",          "root_line",      "root_site",
    "root_power",           "root_aggregation",   "root_core",      "root_area",
    "off_net_only",         "one_service_silent", "air_silent",     "reach_hard",
    "reach_partial",        "delay_only",         "onset_step",     "onset_ramp",
    "recurs_daily",         "power_alarm",        "loss_of_signal", "cell_off_air",
    "cell_on_air",          "signal_weak",        "signal_noisy",   "optical_drop",
    "physical_normal",      "busy_hour_delay",    "path_change",    "second_probe_contradicts",
    "complaints_two"};
constexpr std::string_view name(CauseFeature f) {
  return kCauseFeatureNames[static_cast<std::size_t>(f)];
}

struct CauseRules {
  double discount = 0;    // on the sum of log likelihoods: features depend on each other
  double determined = 0;  // a lower posterior is "undetermined"
  std::array<double, kCauseCount> prior{};
  // P(feature seen | cause) in five levels, A to E, and which level each feature has for each cause.
  std::array<double, 5> levels{};
  std::array<std::array<std::uint8_t, kCauseCount>, kCauseFeatureCount> table{};
  Duration step{};              // onsets so close together: a step
  Duration ramp{};              // so far apart: a ramp
  std::uint32_t busy_from = 0;  // local hours of the busy time
  std::uint32_t busy_until = 0;
  Duration utc_offset{};
  Duration same_hour{};           // beginnings of several days so close by the clock: at the same hour
  std::uint32_t recurs_days = 0;  // other days of the last week with one at the same hour: it recurs
  double strong_rsrp_dbm = 0;     // a signal that is bad at this level and above is disturbed, not weak
  double strong_rscp_dbm = 0;     // the same for UMTS

  double likelihood(CauseFeature feature, std::size_t cause) const {
    return levels[table[static_cast<std::size_t>(feature)][cause]];
  }
};

struct DecideRules {
  OpeningRules opening;
  IdentityRules identity;
  EndingRules ending;
  NarrowingRules narrowing;
  SeverityRules severity;
  GuardRulesOfHost probe_host;
  StormRules storm;
  MaintenanceRules maintenance;
  CauseRules cause;
};

}  // namespace faultline
