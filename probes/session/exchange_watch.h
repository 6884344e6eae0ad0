// The raw conversation of a measurement, as somebody who looks on is told it: what notes of kind `exchange`
// are for code that knows no targets. Whoever speaks tells a line in words and never a secret; where nobody
// looks on there is no watch, and nothing is put into words.
#pragma once

#include "probes/session/session_probe.h"

#include <functional>
#include <string_view>

namespace faultline::session {

// `direction` is ">" (sent) or "<" (received). One line without its end; may hold any bytes.
using ExchangeWatch = std::function<void(std::string_view direction, std::string_view text)>;

// Empty if nobody looks on. Holds the target's notes, not the target.
ExchangeWatch exchange_watch(const SessionTarget& target);

}  // namespace faultline::session
