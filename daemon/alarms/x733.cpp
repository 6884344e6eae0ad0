#include "daemon/alarms/x733.h"

#include <algorithm>
#include <array>

namespace faultline::alarms {
namespace {

struct Meaning {
  std::string_view cause;
  AlarmKind kind;
};
// Power is what says that a site is running out of it or without it; a battery or generator that is broken
// while the mains is there is equipment.
constexpr std::array kMeanings = {
    Meaning{"dyinggasp", AlarmKind::dying_gasp},
    Meaning{"powerproblem", AlarmKind::power},
    Meaning{"powerfailure", AlarmKind::power},
    Meaning{"powersupplyfailure", AlarmKind::power},
    Meaning{"commercialpowerfailure", AlarmKind::power},
    Meaning{"externalpowersupplyfailure", AlarmKind::power},
    Meaning{"mainsfailure", AlarmKind::power},
    Meaning{"batterydischarging", AlarmKind::power},
    Meaning{"lowbatterythreshold", AlarmKind::power},
    Meaning{"rectifierfailure", AlarmKind::power},
    Meaning{"rectifierlowvoltage", AlarmKind::power},
    Meaning{"rectifierlowfvoltage", AlarmKind::power},  // so X.721 spells it
    Meaning{"fusefailure", AlarmKind::power},
    Meaning{"lossofsignal", AlarmKind::loss_of_signal},
    Meaning{"los", AlarmKind::loss_of_signal},
    Meaning{"losi", AlarmKind::loss_of_signal},
    Meaning{"lossofframe", AlarmKind::loss_of_signal},
    Meaning{"lofi", AlarmKind::loss_of_signal},
    Meaning{"lossofpointer", AlarmKind::loss_of_signal},
    Meaning{"cablecut", AlarmKind::loss_of_signal},
    Meaning{"linkdown", AlarmKind::link_down},
    Meaning{"linkfailure", AlarmKind::link_down},
    Meaning{"communicationssubsystemfailure", AlarmKind::link_down},
    Meaning{"connectionestablishmenterror", AlarmKind::link_down},
    Meaning{"dtedceinterfaceerror", AlarmKind::link_down},
    Meaning{"lanerror", AlarmKind::link_down},
    Meaning{"temperatureunacceptable", AlarmKind::temperature},
    Meaning{"hightemperature", AlarmKind::temperature},
    Meaning{"lowtemperature", AlarmKind::temperature},
    Meaning{"heatingventilationcoolingsystemproblem", AlarmKind::temperature},
    Meaning{"heatingorventilationorcoolingsystemproblem", AlarmKind::temperature},
    Meaning{"airconditioningfailure", AlarmKind::temperature},
    Meaning{"coolingfanfailure", AlarmKind::temperature},
    Meaning{"coolingsystemfailure", AlarmKind::temperature},
    Meaning{"ventilationssystemfailure", AlarmKind::temperature},
    Meaning{"fanfailure", AlarmKind::temperature},
    Meaning{"equipmentmalfunction", AlarmKind::equipment},
    Meaning{"equipmentfailure", AlarmKind::equipment},
    Meaning{"replaceableunitproblem", AlarmKind::equipment},
    Meaning{"replaceableunitmissing", AlarmKind::equipment},
    Meaning{"replaceableunittypemismatch", AlarmKind::equipment},
    Meaning{"processorproblem", AlarmKind::equipment},
    Meaning{"multiplexerproblem", AlarmKind::equipment},
    Meaning{"inputoutputdeviceerror", AlarmKind::equipment},
    Meaning{"inputdeviceerror", AlarmKind::equipment},
    Meaning{"outputdeviceerror", AlarmKind::equipment},
    Meaning{"adaptererror", AlarmKind::equipment},
    Meaning{"receiverfailure", AlarmKind::equipment},
    Meaning{"receivefailure", AlarmKind::equipment},
    Meaning{"transmitterfailure", AlarmKind::equipment},
    Meaning{"transmitfailure", AlarmKind::equipment},
    Meaning{"antennafailure", AlarmKind::equipment},
    Meaning{"linecardproblem", AlarmKind::equipment},
    Meaning{"trunkcardproblem", AlarmKind::equipment},
    Meaning{"timingproblem", AlarmKind::equipment},
    Meaning{"backplanefailure", AlarmKind::equipment},
    Meaning{"batteryfailure", AlarmKind::equipment},
    Meaning{"batterychargingfault", AlarmKind::equipment},
    Meaning{"generatorfailure", AlarmKind::equipment},
    Meaning{"enginefailure", AlarmKind::equipment},
    Meaning{"rectifierhighvoltage", AlarmKind::equipment},
};

}  // namespace

std::optional<AlarmKind> kind_of(std::string_view probable_cause, std::string_view alarm_type) {
  const auto found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                  [&](const Meaning& m) { return m.cause == probable_cause; });
  if (found != kMeanings.end()) return found->kind;
  if (alarm_type == "equipmentalarm") return AlarmKind::equipment;
  return std::nullopt;
}

}  // namespace faultline::alarms
