// What the standard names of alarms mean for a cause: probable causes of ITU-T X.733, X.721 and M.3100, of
// 3GPP TS 32.111-2, and the few that GPON (G.984.3) adds. Names as plain() (mapping.h) writes them. Pure.
#pragma once

#include "rules/model/alarm.h"

#include <optional>
#include <string_view>

namespace faultline::alarms {

// Nothing: the names say nothing about what broke, or are of no standard.
std::optional<AlarmKind> kind_of(std::string_view probable_cause, std::string_view alarm_type);

}  // namespace faultline::alarms
