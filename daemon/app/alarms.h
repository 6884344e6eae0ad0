// Alarms of other systems in the running daemon: the desk with what the last run knew, its way to the rules,
// to the metrics and to the log. Main loop only.
#pragma once

#include "daemon/app/services.h"
#include "rules/model/result.h"

namespace faultline::app {

// After restore() and when there are metrics.
Result<void> start_alarms(Services& services);
// The mapping and the inventory as they are now; at the start, and after a reload.
void configure_alarms(Services& services);

}  // namespace faultline::app
