// Plays a scenario through a Pipeline in fake time: rounds from the truth, a tick a second, bursts answered
// after their duration. What the pipeline says is kept as a story for the expectations.
#pragma once

#include "rules/pipeline.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/truth.h"

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

namespace faultline::scenarios {

struct Told {
  Duration at{};
  Timestamp time{};  // the same
  std::string verb;  // name of the IncidentEvent, "attached" or "detached"
  std::string reason;
  Incident incident;      // of an incident's change
  std::string complaint;  // of an attachment

  std::string text(const Topology& topology) const;
  Duration ago(Timestamp earlier) const { return time - earlier; }
};

std::string root_name(const Root& root, const Topology& topology);

class Player {
 public:
  explicit Player(const Scenario& scenario);

  void play();
  const std::vector<Told>& story() const { return story_; }
  const Pipeline& pipeline() const { return *pipeline_; }
  const std::map<std::string, std::optional<IncidentNumber>>& complaints() const { return attached_; }
  std::size_t bursts() const { return bursts_; }
  // What must hold at every moment and did not.
  const std::set<std::string>& broken() const { return broken_; }

 private:
  struct Later {
    Duration at{};
    std::uint64_t order = 0;
    std::function<void()> run;
    bool operator<(const Later& other) const {  // the earliest on top
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  void schedule(Duration at, std::function<void()> run);
  void start_event(const Line& line);
  void start_rounds(const Line& line);
  void start_round_of(EndpointIndex endpoint, Duration at, Duration interval, Duration until, int packets);
  void complain(const Line& line);
  void maintain(const Line& line);
  void raise_alarm(const Line& line, bool cleared);
  void restart();
  void reload(const Line& line);
  void tick(Duration at);
  void take(const Actions& actions);
  void check_owners();
  void check_memory(const Pipeline& next);
  std::shared_ptr<const Topology> build(const Topology* previous);
  Timestamp time(Duration at) const { return origin_ + at; }

  Scenario scenario_;
  Timestamp origin_;
  std::shared_ptr<const Topology> topology_;
  std::shared_ptr<const RuleSet> rules_;
  std::unique_ptr<Truth> truth_;
  std::unique_ptr<Pipeline> pipeline_;
  std::priority_queue<Later> later_;
  std::uint64_t order_ = 0;
  Duration now_{}, end_{};
  bool host_healthy_ = true;
  std::vector<Maintenance> windows_;
  std::vector<Complaint> sent_;
  std::vector<Told> story_;
  std::map<std::string, std::optional<IncidentNumber>> attached_;
  std::map<IncidentNumber, Incident> stored_;  // as told last
  std::set<std::string> broken_;
  std::size_t bursts_ = 0;
};

}  // namespace faultline::scenarios
