// All incidents and who owns which endpoint: identity over time (algorithms D.4). Hypotheses come in, each
// becomes the update of an incident or a new suspicion, so that there are never two incidents for one fault.
// Every change that others are told leaves as an action with its reason. One thread, no clock.
#pragma once

#include "rules/decide/lifecycle.h"
#include "rules/decide/observe.h"
#include "rules/decide/record.h"
#include "rules/decide/recurrence.h"
#include "rules/model/action.h"
#include "rules/model/topology.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace faultline::decide {

class IncidentBook {
 public:
  IncidentBook(std::shared_ptr<const Topology> topology, std::shared_ptr<const DecideRules> rules);

  // Raises nothing. Endpoints and nodes that the topology does not know are left out.
  void restore(std::vector<Incident> incidents, IncidentNumber next);
  // A fault of the last week, in the order of time; also one that has long ended.
  void note_past(const Root& root, Timestamp onset) { recurrence_.note(root, onset); }
  void set_topology(std::shared_ptr<const Topology> topology);
  void set_rules(std::shared_ptr<const DecideRules> rules);
  // The clock was set back (rules/model/step_back.h): holds and recoveries do not wait until it has caught
  // up.
  void set_back(Timestamp now, Duration by);

  // Should the localiser explain this bad endpoint (again)? Not if an incident that is old enough to keep its
  // root has it; then it joins that one.
  bool wants_explanation(EndpointIndex endpoint, Timestamp now) const;
  // A bad endpoint that nobody owns joins the told incident whose footprint it lies in, if that one is no
  // longer explained anew.
  void adopt(EndpointIndex endpoint, Timestamp now);
  // What explains the bad endpoints now, nodes before single endpoints.
  void reconcile(std::span<const Hypothesis> hypotheses, const Present& present, Actions& actions);
  // Open wider incidents whose bad members the localiser should explain alone (strays left out), since they
  // changed or a narrower explanation is being timed; and its answer.
  std::vector<IncidentNumber> remainders_wanted(Timestamp now) const;
  void note_remainder(IncidentNumber number, const Remainder& left, Timestamp now);
  // Time passes: members become bad or good, incidents open, recover, resolve, close.
  void advance(const Present& present, const Observations& observations, Actions& actions);

  // Nothing that was suspected at or after `since` is believed where half of the bad members are its: the
  // probe host that measured them was sick.
  void withdraw_since(Timestamp since, const std::function<bool(EndpointIndex)>& is_its, Timestamp now,
                      std::string_view why, Actions& actions);
  // The incident of a probe host itself; `root` is its node or an empty Area, `is_only`: there is no other
  // host, whatever the root of its incident is called.
  void set_host_sick(bool sick, Root root, bool is_only, std::string_view why, Timestamp now,
                     Actions& actions);
  // A single endpoint was measured bad once more.
  void note_bad_round(EndpointIndex endpoint);

  // When a complaint that a restored incident has was received.
  void note_received(const std::string& complaint, Timestamp received);
  // The complaint is now this incident's, or nobody's.
  void attach(const std::string& complaint, Timestamp received, std::optional<IncidentNumber> incident,
              Timestamp now, Actions& actions);
  std::optional<IncidentNumber> incident_of(const std::string& complaint) const;
  // The incidents opened or moved by `actions` in this very tick have got complaints since: say so in them.
  void renew(Actions& actions);
  // Complaints alone speak for this hypothesis. Starts a suspicion unless an incident that has not ended is
  // there already.
  void suspect_by_complaints(const Hypothesis& hypothesis, Timestamp now, Actions& actions);

  // Those that have not ended, and perhaps some that ended just now; then those that ended in the last 24
  // hours, of the suspicions that were withdrawn only the last hour's.
  const std::map<IncidentNumber, Record>& records() const { return records_; }
  const std::map<IncidentNumber, Record>& ended() const { return ended_; }
  const Record* find(IncidentNumber number) const;
  // The open or recovering incident that has this endpoint as a member.
  std::optional<IncidentNumber> owner(EndpointIndex endpoint) const;
  // Opened or re-rooted since the last call: complaints are to be attached anew.
  bool take_footprint_changed() { return std::exchange(footprint_changed_, false); }
  // One that lives on complaints ended since the last call: they count no more.
  bool take_silent_ended() { return std::exchange(silent_ended_, false); }
  // Bad endpoints were let go since the last call: they want an explanation of their own.
  bool take_released() { return std::exchange(released_, false); }
  // A parent of the suspected root could still be the cause: set by the pipeline before advance().
  void set_parent_measured(IncidentNumber number, bool measured);
  // Incidents whose members bad at the end of a maintenance window outlasted it.
  void mark_overrun(const std::vector<EndpointIndex>& below, Timestamp since, const std::string& window);
  IncidentNumber next_number() const { return next_; }
  // The conditions of the incident's next step with their figures, for explaining it.
  LifecycleFacts facts(IncidentNumber number, const Present& present) const {
    return facts_of(*find(number), present);
  }
  // The argument in full, kept with the incident from now on.
  void set_argument(IncidentNumber number, std::shared_ptr<const Argument> argument) {
    at(number).incident.argument = std::move(argument);
  }

 private:
  struct Match {
    Record* record = nullptr;  // null: a new suspicion
    bool as_stray = false;
  };
  // reconcile.cpp, reconcile_complaints.cpp
  Match match(const Hypothesis& hypothesis);
  Record* same_root(const Hypothesis& hypothesis);
  Record* main_owner(const Hypothesis& hypothesis);
  bool is_what_they_mean(const Record& complained, const Hypothesis& hypothesis) const;
  bool may_grow(const Record& record, const Hypothesis& hypothesis, Timestamp now) const;
  static bool is_hardly_better(const Hypothesis& hypothesis, const Record& record);
  static bool is_area_of_complaints(const Record& record);
  static bool says_where(const Hypothesis& hypothesis, const Record& record);
  bool is_part_of(const Hypothesis& hypothesis, const Record& record) const;
  Record* home_of_complaints(const Hypothesis& hypothesis, Timestamp now, bool& settled);
  Record* related_complaints(const Hypothesis& hypothesis);
  Record* covering(const Hypothesis& hypothesis);
  Record* stray_of(const Hypothesis& hypothesis);
  Duration stray_window(const Record& record) const;
  bool is_likely_stray(std::size_t members, std::size_t others, Duration window,
                       double by_themselves_per_year) const;
  Record* silent_fault_around(const Root& root, std::optional<Place> callers, Timestamp onset);
  void leave_to(Record& silent, const Root& root);
  void note_stray(Record& record, EndpointIndex stray) const;
  bool under_young_ancestor(const Hypothesis& hypothesis, Timestamp now) const;
  bool is_coherent(const Record& record, const Hypothesis& hypothesis) const;
  void start(const Hypothesis& hypothesis, Duration extra_hold, Timestamp now, Actions& actions);
  void apply(Record& record, const Hypothesis& hypothesis, Timestamp now, Actions& actions);
  void absorb_stray(Record& record, const Hypothesis& hypothesis, Timestamp now, Actions& actions);
  // `is_where`: it names the place of what was known by its area only, and takes that place at any age.
  void move_root(Record& record, const Hypothesis& hypothesis, bool is_where, Timestamp now,
                 Actions& actions);
  void merge_covered(Record& record, const Hypothesis& hypothesis, Timestamp now, Actions& actions);
  void copy_argument(Record& record, const Hypothesis& hypothesis);
  void merge(Record& from, Record& into, Timestamp now, Actions& actions);
  void own(Record& record, const std::vector<EndpointIndex>& endpoints);
  void own_free(Record& record, const std::vector<EndpointIndex>& endpoints);  // those that nobody owns
  bool is_young(const Record& record, Timestamp now) const;

  // advance.cpp, storm.cpp
  void refresh(Record& record, const Present& present);
  void let_go(Record& record, const Present& present);
  bool is_mostly_over(const Record& record) const;
  static bool is_news(Record& record, const Present& present);
  LifecycleFacts facts_of(const Record& record, const Present& present) const;
  void step(Record& record, const Present& present, const Observations& observations, Actions& actions);
  bool is_likely_work(const Record& record, const Present& present) const;
  bool join_as_stray(Record& record, const Present& present, Actions& actions);
  bool is_late_stray(const Record& record, EndpointIndex stray, std::size_t with_it) const;
  bool join_silent(Record& record, Timestamp now, Actions& actions);
  bool join_wider(Record& record, const Present& present, Actions& actions);
  void open(Record& record, const LifecycleFacts& facts, const Present& present, Actions& actions);
  bool reopen_earlier(Record& record, Timestamp now, Actions& actions);
  bool end_if_root_is_gone(Record& record, Timestamp now, Actions& actions);
  Record& storm(const Record& first, Timestamp now);
  bool is_fuse_blown(Timestamp now);
  bool fold_into_storm(Record& record, Timestamp now, Actions& actions);
  void release(Record& record);
  void put_away(Timestamp now);

  // split.cpp
  bool may_keep_ticket(const Record& record, const LastingPart& part);
  bool may_have_ticket(const LastingPart& part, const Present& present);
  static std::vector<EndpointIndex> stragglers(const Record& record);
  std::vector<LastingPart> offshoots(const Record& record, const std::vector<const LastingPart*>& parts,
                                     const LastingPart* keeper, const Present& present);
  void hand_over(Record& record, const std::vector<const LastingPart*>& parts);
  bool narrow(Record& record, const Present& present, const Observations& observations, Actions& actions);
  void move_down(Record& record, const LastingPart& part, const std::vector<LastingPart>& others,
                 const Present& present, const Observations& observations, Actions& actions);
  void split_off(Record& record, const Root& whole, const LastingPart& part, const Present& present,
                 const Observations& observations, Actions& actions);

  // assess.cpp
  double confidence_of(const Record& record) const;
  void judge_cause(Record& record, const Present& present, const Observations& observations);
  Impact impact_of(const Record& record, const Present& present) const;
  void assess(Record& record, const Present& present, const Observations& observations);
  void tell_update(Record& record, Timestamp now, Actions& actions);
  void take_relapse(Record& record, const Record& relapse, Timestamp now);

  // incident_book.cpp
  void restore_members();
  void compose(Record& record) const;
  Record& at(IncidentNumber number);
  Record& add(Root root, Timestamp onset, Timestamp now);
  void tell(Record& record, IncidentEvent event, std::string reason, Timestamp now, Actions& actions);
  std::string root_name(const Root& root) const;
  std::uint64_t customers_of(const std::vector<EndpointIndex>& endpoints) const;
  std::optional<IncidentNumber> last_at(const Root& root) const;

  std::shared_ptr<const Topology> topology_;
  std::shared_ptr<const DecideRules> rules_;
  // Apart, since a day has a thousand suspicions that came to nothing, and every second looks at all others.
  std::map<IncidentNumber, Record> records_, ended_;
  Timestamp forgot_{};
  std::vector<IncidentNumber> owner_;  // of members of active incidents, by endpoint; 0: nobody
  std::map<std::string, IncidentNumber> complaint_owner_;
  std::deque<Timestamp> openings_;  // of the last hour
  Recurrence recurrence_;
  IncidentNumber next_ = 1;
  bool footprint_changed_ = false;
  bool released_ = false;
  bool silent_ended_ = false;
};

}  // namespace faultline::decide
