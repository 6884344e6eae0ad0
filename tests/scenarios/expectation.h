// Holds a story against what the scenario expects of it.
#pragma once

#include "tests/scenarios/player.h"

#include <string>
#include <vector>

namespace faultline::scenarios {

// What differs, a line each; empty: as expected. Besides the expected lines nothing may open, reopen or be
// merged that was not expected.
std::vector<std::string> differences(const Scenario& scenario, const Player& player);

}  // namespace faultline::scenarios
