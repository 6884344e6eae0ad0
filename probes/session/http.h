// One HTTP request, plain or by TLS: how long each phase takes, and whether the answer is the one that is
// expected. No redirect is followed; an answer is read up to a limit.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"

#include <memory>
#include <span>

namespace faultline::session {

std::span<const OptionSpec> http_options();
std::span<const Metric> http_metrics();
// What no single option can say: the message begins with the option's name and a colon.
Result<void> check_http_options(const ProbeOptions& options);
// Of options that were checked. The authorities are read here, once.
std::unique_ptr<SessionProbe> make_http_probe(const ProbeOptions& options);

}  // namespace faultline::session
