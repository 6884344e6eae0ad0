// What session probes say in words becomes events: a fact that is another one than before (a modem's cell,
// the modem itself, the way to the endpoint), and what was found when a degradation began. Another way is
// evidence for the cause, too, like an alarm of another system. Main loop only.
#pragma once

#include "probes/session/session_probe.h"
#include "rules/model/alarm.h"
#include "rules/model/round.h"
#include "rules/model/topology.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace faultline::app {

// Their kinds begin with this: "endpoint.cell_changed", "endpoint.path_found".
inline constexpr std::string_view kObservationPrefix = "endpoint.";

class Observations {
 public:
  using Record = std::function<void(Timestamp at, std::string kind, std::string subject, std::string reason)>;
  using Raise = std::function<void(const Alarm&)>;
  Observations(Record record, Raise raise) : record_(std::move(record)), raise_(std::move(raise)) {}

  // A fact that is heard of for the first time since the start is no change. What a probe found when nobody
  // had asked for it is its own knowledge of the usual, and no event.
  void hear(const Round& round, std::span<const SessionNote> notes, const Topology& topology);

 private:
  Record record_;
  Raise raise_;
  std::map<std::pair<EndpointIndex, std::string>, std::string> facts_;
};

}  // namespace faultline::app
