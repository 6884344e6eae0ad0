// Signal of a cellular modem on a serial port or pty: RSRP, RSRQ, SINR and RSSI by AT commands. The pattern
// for every session probe: a file of its own that declares its options and makes a SessionProbe; the codec is
// pure and elsewhere (wire/modem_signal.h).
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"
#include "rules/model/metric.h"

#include <memory>
#include <span>

namespace faultline::session {

std::span<const OptionSpec> modem_options();
std::span<const Metric> modem_metrics();
std::unique_ptr<SessionProbe> make_modem_probe(const ProbeOptions& options);

}  // namespace faultline::session
