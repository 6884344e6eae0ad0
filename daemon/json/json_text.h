// JSON as people like to read it: numbers are written plainly (0.97 instead of Boost's 9.7E-1). Used for
// ticket documents and every answer of the API.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace faultline {

// Compact. A number that JSON cannot hold becomes null.
std::string to_text(const boost::json::value& value);

}  // namespace faultline
