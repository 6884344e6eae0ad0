// A question to a name server, resolver or authoritative, over UDP or TCP: how long its answer takes, and
// whether it is the one that is expected. The codec is wire/dns.h.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"
#include "rules/model/metric.h"
#include "rules/model/result.h"

#include <memory>
#include <span>

namespace faultline::session {

std::span<const OptionSpec> dns_options();
std::span<const Metric> dns_metrics();
// What no single option can say: the message begins with the option's name and a colon.
Result<void> check_dns_options(const ProbeOptions& options);
std::unique_ptr<SessionProbe> make_dns_probe(const ProbeOptions& options);

}  // namespace faultline::session
