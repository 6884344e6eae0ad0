// The way to an endpoint: which hop answers how fast, and where loss begins. Run seldom while all is well, to
// know the usual way, and at once when an endpoint is suspected. Its findings are evidence to read; its
// rounds never say that an endpoint is bad, for many routers and hosts answer no traceroute.
#pragma once

#include "probes/option.h"
#include "probes/session/session_probe.h"

#include <memory>
#include <span>

namespace faultline::session {

std::span<const OptionSpec> path_options();
std::unique_ptr<SessionProbe> make_path_probe(const ProbeOptions& options);

}  // namespace faultline::session
