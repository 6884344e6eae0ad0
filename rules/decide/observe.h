// What is observed of an incident, as the rows of the cause table. Keeps the alarms that are on and the last
// signal reading of each endpoint, because a round or an alarm is gone when the question comes.
#pragma once

#include "rules/decide/record.h"
#include "rules/model/alarm.h"
#include "rules/model/decide_rules.h"
#include "rules/model/round.h"
#include "rules/model/topology.h"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace faultline::decide {

// What kind of thing the root is.
CauseFeature feature_of_root(const Record& record, const Topology& topology);
// All rows of the cause table that the incident's cause is judged by.
std::vector<CauseFeature> observed_of(const Record& record, const Topology& topology);

class Observations {
 public:
  // Rounds with signal values only; others are ignored.
  void note(const Round& round);
  void note(const Alarm& alarm);
  // Retired endpoints are forgotten.
  void forget_retired(const Topology& topology);

  // What the members that are bad now show: how they are reached, how it began, their radio signal.
  std::vector<CauseFeature> of_members(const Record& record, const Present& present, const Topology& topology,
                                       const CauseRules& rules) const;
  // What others say: alarms that are on, complaints.
  std::vector<CauseFeature> of_context(const Record& record, const Topology& topology) const;

 private:
  struct Signal {
    Timestamp at;
    bool on_air = false;
    float rsrp_dbm = kNoValue;  // LTE and NR
    float rscp_dbm = kNoValue;  // UMTS
  };
  // One of these kinds that was raised at `since` or later.
  bool alarm_below(const Record& record, const Topology& topology, std::initializer_list<AlarmKind> kinds,
                   Timestamp since = Timestamp::min()) const;
  bool is_air_unseen(const Record& record, const Topology& topology) const;
  bool is_strong(EndpointIndex endpoint, const CauseRules& rules) const;
  void add_signal(const Record& record, const Present& present, const Topology& topology,
                  const CauseRules& rules, std::vector<CauseFeature>& features) const;

  std::map<std::string, Alarm> alarms_;
  std::vector<Signal> signals_;  // by endpoint index, as far as any was read; at the epoch: none
};

}  // namespace faultline::decide
