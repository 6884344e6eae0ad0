// Values with a unit as scenario files write them. Each fails with what was expected.
#pragma once

#include "rules/model/result.h"
#include "rules/model/time.h"

#include <string>
#include <string_view>

namespace faultline::lab {

Result<Duration> parse_clock(std::string_view text);  // 00:40 or 01:00:40
Result<Duration> parse_span(std::string_view text);   // 40ms, +40ms, 60s, 5min; not negative
Result<double> parse_percent(std::string_view text);  // 3%, 0.5% → 0.03, 0.005; 0 … 100 %
Result<double> parse_decibel(std::string_view text);  // -12dB
Result<double> parse_metres(std::string_view text);   // 300m, 2km
Result<long> parse_whole(std::string_view text, long lowest, long highest);

}  // namespace faultline::lab
