// Device profiles of the snmp probe from YAML: those that are built in (probes/profiles/*.yaml) and an
// operator's files. One of a file takes the place of a built-in one of its name; new ones come before the
// built-in ones when a device is recognised. Called at start, at a reload and by `faultline check`.
#pragma once

#include "daemon/config/problem.h"
#include "probes/session/device_profile.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace faultline::config {

// Read once; a mistake in them is a bug (a test reads them) and leaves the profile out.
const std::shared_ptr<const session::DeviceProfiles>& built_in_device_profiles();

// The built-in ones and the files; mistakes are reported.
std::shared_ptr<const session::DeviceProfiles> load_device_profiles(
    std::span<const std::filesystem::path> files, Problems& problems);
// The profiles of one text, for tests and fuzzing; a profile with a mistake may be left out.
session::DeviceProfiles parse_device_profiles(std::string_view text, std::string_view shown_as,
                                              Problems& problems);

}  // namespace faultline::config
