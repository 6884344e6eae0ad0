// Whole small files.
#pragma once

#include "rules/model/result.h"

#include <filesystem>
#include <string>

namespace faultline::lab {

Result<std::string> read_file(const std::filesystem::path& path);
// A secret as text: the file without the line end behind it; empty is an error.
Result<std::string> read_secret(const std::filesystem::path& path);
// Over a temporary name beside it, so that a reader never sees half of it.
Result<void> write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace faultline::lab
