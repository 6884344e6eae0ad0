// Takes up what the last run left in the store: incidents, degradations, complaints, baselines, maintenance
// added by the API. Called once, before the first input of the rules.
#pragma once

#include "daemon/app/services.h"
#include "rules/model/result.h"

namespace faultline::app {

// Makes `services.pipeline` from the setup and the open store. Opens nothing and raises nothing.
Result<void> restore(Services& services);

}  // namespace faultline::app
