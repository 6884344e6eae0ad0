// One month's incidents in figures, a line per severity: medians and 90 % quantiles, never means.
#pragma once

#include "daemon/commands/stored.h"

#include <string>
#include <string_view>

namespace faultline::commands {

// `month`: "2026-11", by UTC; an incident belongs to the month of its onset. The error says what is wrong.
Result<std::string> month_report(Stored& stored, std::string_view month);

}  // namespace faultline::commands
