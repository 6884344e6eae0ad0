// Time to connect to a TCP port: what anything that goes over TCP waits for first. The connection is closed
// as soon as it stands; nothing is sent on it.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"
#include "rules/model/metric.h"

#include <memory>
#include <span>

namespace faultline::session {

std::span<const OptionSpec> tcp_options();
std::span<const Metric> tcp_metrics();
std::unique_ptr<SessionProbe> make_tcp_probe(const ProbeOptions& options);

}  // namespace faultline::session
