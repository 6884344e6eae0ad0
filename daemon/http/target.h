// The target of a request line, in origin form (RFC 9112 §3.2.1): path and query, decoded. Pure; strict,
// since what two parsers read differently is how a check is got round.
#pragma once

#include "daemon/http/message.h"
#include "rules/model/result.h"

#include <string>
#include <string_view>

namespace faultline::http {

struct Target {
  std::string path;  // begins with '/'
  Query query;
};

// Refused: no leading '/', more than 4096 bytes, a control or non-ASCII byte, a fragment, a broken percent
// sequence, an encoded '/', NUL or control character, bytes that are no UTF-8 after decoding, "." and ".." as
// segments, "//", a parameter twice or without a name, more than 32 of them. "+" in the query is a space.
Result<Target> parse_target(std::string_view text);

// Decodes one path segment or query part. nullopt as above.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

// True if the bytes are well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace faultline::http
