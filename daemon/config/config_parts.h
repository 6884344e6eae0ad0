// The sections of faultline.yaml, each read in a file of its own. Only config.cpp calls them. What a section
// does not name keeps its default; mistakes go to the map's problems.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/yaml.h"

#include <filesystem>

namespace faultline::config {

// profiles.cpp
void read_profiles(Map& root, Config& config);
// alarms_config.cpp
void read_alarms(Map& root, Config& config);
// api_config.cpp
void read_api(Map& root, Config& config);
void read_webhooks(Map& root, Config& config);
// Listening beyond loopback needs both TLS and tokens.
void check_exposure(const Value& listen, const Config& config);

// A small file with a secret: its text without the line's end. Fails if it cannot be read, is empty, or is
// open to every user of the machine. The message begins with the path.
Result<std::string> read_secret_file(const std::filesystem::path& path);

// A name, address or the like: `check` answers what is wrong with it.
using TextCheck = std::optional<std::string> (*)(std::string_view);
bool read_checked(Map& map, std::string_view key, std::string& target, TextCheck check);

}  // namespace faultline::config
