// A scenario: what happens to the virtual network and when, read from text with an event a line.
//
//   # comment
//   at TIME fault TARGET cut
//   at TIME fault TARGET power
//   at TIME fault TARGET congestion [delay=+40ms] [jitter=+10ms] [loss=3%]
//   at TIME fault TARGET signal [rsrp=-12dB] [rsrq=-3dB] [sinr=-8dB]
//   at TIME fault TARGET light [rx=-9dB] [over=20s]            the ONUs get less light, more and more so over
//   that
//                                                              time; without `over` at once
//   at TIME fault TARGET answers [duplicate=5%] [reorder=5%] [reorder_by=250ms] [forge=5%] [truncate=5%]
//                                [unreachable=CODE] [late=900ms]
//   at TIME fault TARGET modem mode=silent|nonsense|gone
//   at TIME restore TARGET                                     ends every fault of the target
//   at TIME complaint near ENDPOINT [service=…] [delay=…] [error=300m] [by=place|line|cell]
//   at TIME complaint far-from TARGET […]                      from where the target serves nobody
//   at TIME complaints COUNT below TARGET within TIMESPAN […]
//   at TIME end
//
// TIME is mm:ss or hh:mm:ss since the start. TARGET is a node, an endpoint, or `everything` (all of the
// inventory and the references: what a sick probe host sees). A fault of a node holds for all that is below
// it by whatever edge.
#pragma once

#include "rules/model/complaint.h"
#include "rules/model/result.h"
#include "rules/model/time.h"
#include "rules/model/topology.h"
#include "tests/lab/fate.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace faultline::lab {

inline constexpr std::string_view kEverything = "everything";

enum class FaultKind : std::uint8_t { cut, power, congestion, signal, answers, modem, light };
inline constexpr std::array<std::string_view, 7> kFaultKindNames = {
    "cut", "power", "congestion", "signal", "answers", "modem", "light"};
constexpr std::string_view name(FaultKind kind) {
  return kFaultKindNames[static_cast<std::size_t>(kind)];
}

enum class ModemMode : std::uint8_t { normal, silent, nonsense, gone };
inline constexpr std::array<std::string_view, 4> kModemModeNames = {"normal", "silent", "nonsense", "gone"};

// What a fault does to a sector's signal, in dB.
struct SignalShift {
  double rsrp_db = 0, rsrq_db = 0, sinr_db = 0;
  bool no_service = false;  // the site is without power
  ModemMode mode = ModemMode::normal;
};

// What a fault does to the light that ONUs receive, as their OLT tells it.
struct LightShift {
  double rx_db = 0;
  Duration over{0};   // from what it was to this, evenly
  bool dark = false;  // the fibre is cut, or the ONU without power: no reading
};

struct FaultEvent {
  std::string target;
  FaultKind kind = FaultKind::cut;
  Condition condition;   // its effect on packets
  SignalShift signal;    // its effect on modems
  LightShift light;      // its effect on ONUs
  std::string settings;  // as written
};
struct RestoreEvent {
  std::string target;
};

enum class ComplaintWhere : std::uint8_t { near, far_from, below };
enum class ComplaintBy : std::uint8_t { place, line, cell };
inline constexpr std::array<std::string_view, 3> kComplaintByNames = {"place", "line", "cell"};

struct ComplaintEvent {
  ComplaintWhere where = ComplaintWhere::near;
  std::string target;  // an endpoint for `near`
  std::uint32_t count = 1;
  Duration within{0};  // they come in over this time, most of them early
  // Where nothing is set, it is drawn from the seed.
  std::optional<Service> service;
  std::optional<Duration> delay;  // since the trouble began for this customer
  std::optional<double> error_m;  // standard deviation of the place
  std::optional<ComplaintBy> by;
};
struct EndEvent {};

struct ScenarioEvent {
  Duration at{0};
  unsigned line = 0;
  std::variant<FaultEvent, RestoreEvent, ComplaintEvent, EndEvent> what;
};

struct Scenario {
  std::vector<ScenarioEvent> events;  // by time; those of one time in the order of the file

  bool has_complaints() const;
  std::optional<Duration> end() const;
};

// The message of the error begins with "FILE:LINE: ".
Result<Scenario> parse_scenario(std::string_view text, std::string_view file);
// Every target exists, `near` names an endpoint with a place, and what is restored is faulty by then.
Result<void> check_targets(const Scenario& scenario, const Topology& topology, std::string_view file);

// "hh:mm:ss" or "mm:ss", as the events have it.
std::string time_text(Duration at);

}  // namespace faultline::lab
