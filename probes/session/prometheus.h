// Values that a Prometheus already has, by instant queries whose series are told apart by one label. All
// endpoints of a profile share the probe object, and with it one round of queries an interval: an answer is
// used once by each endpoint, whoever needs a newer one asks, and those that come meanwhile wait for that
// one.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"

#include <memory>
#include <span>

namespace faultline::session {

// Each metric but loss_ratio is an option, whose text is the query.
std::span<const OptionSpec> prometheus_options();
std::span<const Metric> prometheus_metrics();  // those that are asked for most
// What no single option can say: the message begins with the option's name and a colon.
Result<void> check_prometheus_options(const ProbeOptions& options);
// Of options that were checked.
std::unique_ptr<SessionProbe> make_prometheus_probe(const ProbeOptions& options);

}  // namespace faultline::session
