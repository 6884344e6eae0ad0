// Plays a scenario: applies its faults to the network and the modems, makes its complaints, and keeps the
// ground truth. Time is an argument (advance); the caller sleeps and reads the clock. One thread.
#pragma once

#include "tests/lab/complaint_maker.h"
#include "tests/lab/fault_state.h"
#include "tests/lab/inventory.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

namespace faultline::lab {

// A complaint as it was made; what the daemon said to it is the client's to know.
struct MadeComplaint {
  ComplaintReport report;
  Duration at{0};
  EndpointIndex endpoint;
  std::optional<std::size_t> fault;  // index in FaultState::records()
};

class Director {
 public:
  struct Outlets {  // all may be empty
    std::function<void(std::uint32_t host, const Condition&)> set_condition;
    std::function<void(EndpointIndex, const SignalShift&)> set_signal;
    std::function<void(EndpointIndex, const LightShift&)> set_light;
    std::function<void(const ComplaintReport&)> send;
    std::function<void(const std::string& line)> say;
  };

  // `inventory` must outlive the director. `start`: the wall time of 00:00.
  Director(const LabInventory& inventory, Scenario scenario, std::uint64_t seed, Timestamp start,
           Outlets outlets);

  // When something is to be done next; nothing if the scenario is over.
  std::optional<Duration> next() const;
  // Does everything that is due by then.
  void advance(Duration now);
  // True once `end` was reached, or all events are done where there is no `end`.
  bool over() const { return over_; }

  const FaultState& faults() const { return faults_; }
  const std::vector<MadeComplaint>& complaints() const { return complaints_; }
  Timestamp start() const { return start_; }

 private:
  struct Later {
    Duration at;
    std::size_t order;
    ComplaintEvent event;
    EndpointIndex endpoint;
    bool operator<(const Later& other) const {  // earliest on top
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  void apply(const ScenarioEvent& event);
  void publish(const std::vector<EndpointIndex>& touched);
  void publish_olts(const std::vector<EndpointIndex>& touched);
  void complain(const Later& later);
  void say(Duration at, const std::string& what) const;

  const LabInventory& inventory_;
  Scenario scenario_;
  Timestamp start_;
  Outlets outlets_;
  Dice dice_;
  FaultState faults_;
  std::size_t next_event_ = 0;
  std::priority_queue<Later> later_;
  std::size_t planned_ = 0;
  std::vector<MadeComplaint> complaints_;
  bool over_ = false;
};

}  // namespace faultline::lab
