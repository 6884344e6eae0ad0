// The signal of a cellular modem as ModemManager reads it, over D-Bus: for hosts where ModemManager owns the
// modem's ports, so that nobody else may talk to them.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"

#include <memory>
#include <span>

namespace faultline::session {

std::span<const OptionSpec> modemmanager_options();
std::span<const Metric> modemmanager_metrics();
std::unique_ptr<SessionProbe> make_modemmanager_probe(const ProbeOptions& options);

}  // namespace faultline::session
