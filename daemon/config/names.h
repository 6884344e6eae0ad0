// Which names, addresses and URLs are taken, and why another is not. Used by the YAML configuration and the
// inventory rows alike. Pure. Each answers nothing if the text is good, else what is wrong and what to do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace faultline::config {

inline constexpr std::size_t kMaxNameBytes = 128;

// Of a node, endpoint, profile, token, …: 1 to 128 bytes; letters and digits of any script and . _ - : / @ +.
// No spaces (parents are a list with spaces between), and nothing that cannot be seen.
std::optional<std::string> name_problem(std::string_view name);
// Free text of at most `limit` bytes without control characters; may be empty.
std::optional<std::string> free_text_problem(std::string_view text, std::size_t limit);
// An IPv4 or IPv6 literal (with a zone: fe80::1%eth0) of a single host, or a host name (RFC 1123).
std::optional<std::string> address_problem(std::string_view address);
// http:// or https://, host, optional port and path; no credentials.
std::optional<std::string> url_problem(std::string_view url);

}  // namespace faultline::config
