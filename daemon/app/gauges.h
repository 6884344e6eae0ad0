// Sets the daemon's own gauges from the state of now: before every scrape, and the rates once a second.
#pragma once

#include "daemon/app/services.h"

namespace faultline::app {

void set_gauges(Services& services);
// Packets and rounds a second and the engine's lag over the last second; call it once a second.
void measure_rates(Services& services);
// How late a packet was sent between the two looks, on average; 0 if none was.
double mean_lag_seconds(const packet::EngineStats& before, const packet::EngineStats& now);

}  // namespace faultline::app
