// Time as text, RFC 3339. Used wherever a time enters or leaves as JSON, CSV or words. Pure.
#pragma once

#include "rules/model/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace faultline {

// "2026-11-24T02:00:00.123Z": UTC, always milliseconds (rounded down), years 0000 … 9999.
std::string rfc3339(Timestamp time);

// "12:40:13 UTC", for sentences (rounded down to the second).
std::string time_of_day(Timestamp time);

// Strict RFC 3339 §5.6: date, T, time of day with optional fraction (finer than a microsecond is cut off),
// and Z or ±hh:mm. A lower-case t or z is taken, a space for the T is not; a date that is not in the calendar
// or has no zone is refused. Second 60 is taken as the next minute's start (leap second).
std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace faultline
