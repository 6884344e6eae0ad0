// The words of tickets: why an incident changed, in one sentence with numbers.
#pragma once

#include "rules/decide/lifecycle.h"
#include "rules/decide/record.h"
#include "rules/model/topology.h"

#include <string>
#include <string_view>

namespace faultline::decide {

// "aggregation agg-7", "endpoint cell-0417", "area of sites a, b", "the probe host".
std::string describe_root(const Root& root, const Topology& topology);
// "48 s", "12 min", "3 h".
std::string describe(Duration duration);

std::string why_opened(const Record& record, const LifecycleFacts& facts, const std::string& root);
std::string why_ended(const LifecycleStep& step, const LifecycleFacts& facts, const Record& record);
// "7 complaints, the first at 12:41:02 UTC (49 s after the onset)"; empty if there is none.
std::string describe_complaints(const Record& record);
// Is this one of the two sentences, of complaints and cause, that are made anew whenever something is told?
bool is_summary(std::string_view text);
// The cause with its reasons and the runner-up, or that it is not determined.
std::string describe_cause(const std::vector<CauseScore>& causes, const CauseRules& rules);

}  // namespace faultline::decide
