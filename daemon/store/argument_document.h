// The argument of an incident as a part of its stored document. Inside of daemon/store.
#pragma once

#include "rules/model/argument.h"

#include <boost/json/object.hpp>

namespace faultline::store {

boost::json::object argument_json(const Argument& argument);
// Takes what argument_json of this or an older version wrote; throws what Boost.JSON throws. Unknown keys are
// left alone, missing ones stay empty.
Argument read_argument(const boost::json::object& in);

}  // namespace faultline::store
