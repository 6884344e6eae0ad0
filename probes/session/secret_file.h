// A secret that an option names the file of. Whether the file is guarded well enough is looked at with the
// configuration (daemon/config); this only reads it.
#pragma once

#include "rules/model/result.h"

#include <string>

namespace faultline::session {

// The first line of the file, without its end. The error begins with the path.
Result<std::string> read_secret(const std::string& path);

}  // namespace faultline::session
