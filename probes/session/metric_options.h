// Options of probes that take values of any quantity: each metric but loss_ratio, which is judged from counts
// of packets, is an option whose text says where its value comes from.
#pragma once

#include "probes/option.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::session {

// The fixed ones and one for each metric, whose help is `what` and the quantity with its unit. Made once a
// kind: the helps are kept for good.
std::vector<OptionSpec> with_metric_options(std::span<const OptionSpec> fixed, std::string_view what);

// The metrics whose option has a text; at least one, and no more than a round carries. The error's message
// begins with the option's name and a colon, or is `missing`.
Result<std::vector<std::pair<Metric, std::string>>> given_metrics(const ProbeOptions& options,
                                                                  std::string_view missing);

}  // namespace faultline::session
