// A city in one line of a scenario: a core, rings, sites with sectors, and power zones across the rings.
#pragma once

#include "tests/scenarios/scenario.h"

namespace faultline::scenarios {

struct City {
  int rings = 5;    // agg-1 … below core
  int sites = 8;    // of each ring: site-R-S
  int sectors = 3;  // of each site: cell-R-S-K
  int ports = 0;    // of an OLT at each site: olt-R-S with port-R-S-K
  int zones = 0;    // power zones zone-1 …: site S of every ring hangs on zone (S - 1) % zones + 1
};

City city_from(const Line& line);

// Rings lie 4 km apart from west to east, their sites 1 km apart from south to north, from 52.30, 4.80 on;
// each sector covers 600 m.
void add_city(const City& city, Scenario& scenario);

}  // namespace faultline::scenarios
