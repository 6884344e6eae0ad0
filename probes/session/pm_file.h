// Counters of cells and ports from performance files that a RAN or switch exports into a directory: 3GPP TS
// 32.435 XML or CSV. Endpoints of a profile share the probe object, which looks into the directory once an
// interval, on a thread of its own; a file's values are told to each endpoint once.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"

#include <memory>
#include <span>

namespace faultline::session {

// Each metric but loss_ratio is an option, whose text is a formula (wire/pm_formula.h).
std::span<const OptionSpec> pm_file_options();
std::span<const Metric> pm_file_metrics();  // those that counters are used for most
// What no single option can say: the message begins with the option's name and a colon.
Result<void> check_pm_file_options(const ProbeOptions& options);
// Of options that were checked.
std::unique_ptr<SessionProbe> make_pm_file_probe(const ProbeOptions& options);

}  // namespace faultline::session
