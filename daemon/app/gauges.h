// Sets the daemon's own gauges from the state of now: before every scrape, and the rates once a second.
#pragma once

#include "daemon/app/services.h"

namespace faultline::app {

void set_gauges(Services& services);
// Packets and rounds a second over the last second; call it once a second.
void measure_rates(Services& services);

}  // namespace faultline::app
