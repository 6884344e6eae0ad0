// Text from outside: reading a file with a limit, and the check that it is text at all. Used by the YAML and
// the CSV reader before they look at a single value.
#pragma once

#include "daemon/config/problem.h"
#include "rules/model/result.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace faultline::config {

// The whole file. The error (without the file's name) says what to do: missing, a directory, no permission,
// larger than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

struct TextProblem {
  Position at;
  std::string message;
};
// The first reason why these bytes are not UTF-8 text: another encoding, NUL, a broken sequence, or a control
// character other than tab, line feed and carriage return. Nothing if they are. A UTF-8 byte order mark is
// accepted.
std::optional<TextProblem> check_text(std::string_view bytes);
// Without the UTF-8 byte order mark, if there is one.
std::string_view without_byte_order_mark(std::string_view text);
// Length in bytes of the UTF-8 sequence at the beginning, 0 if it is none (RFC 3629: no overlong forms,
// surrogates, or more than U+10FFFF).
std::size_t utf8_length(std::string_view text);

}  // namespace faultline::config
