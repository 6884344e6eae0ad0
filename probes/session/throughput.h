// How fast a line is: a transfer down and up by HTTP, or a stream of packets to a reflector and back. It
// loads the line, so it asks first (session/line_book.h): never two tests at once on one node, not more than
// so much a day, and not while the customer uses the line; what is left out for that is not measured, with
// the reason.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"

#include <memory>
#include <span>

namespace faultline::session {

std::span<const OptionSpec> throughput_options();
std::span<const Metric> throughput_metrics();
// What no single option can say: the message begins with the option's name and a colon.
Result<void> check_throughput_options(const ProbeOptions& options);
// Of options that were checked.
std::unique_ptr<SessionProbe> make_throughput_probe(const ProbeOptions& options);

}  // namespace faultline::session
