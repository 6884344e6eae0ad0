// Which role may use a route that demands which. The table roles × routes of the tests follows from this and
// from what the router's rows say.
#pragma once

#include "daemon/http/message.h"

namespace faultline::http {

// True if a caller with role `held` may use a route that demands `minimum`. viewer's routes are also
// operations' and admin's; complaints' routes are its own and admin's; alarms' routes are its own,
// operations' and admin's; anyone's routes are everybody's.
constexpr bool allows(Role held, Role minimum) {
  if (minimum == Role::anyone || held == Role::admin) return true;
  if (held == Role::anyone) return false;
  if (held == minimum) return true;
  return held == Role::operations && (minimum == Role::viewer || minimum == Role::alarms);
}

}  // namespace faultline::http
