// A name's address for one conversation, asked for at once and forgotten: what session probes use, and what
// it takes is part of what they measure. Every event loop has a resolver thread of its own for this, started
// by the first name, so that a name server that hangs holds up nobody else.
#pragma once

#include "probes/async/resolver.h"
#include "rules/model/time.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>

#include <optional>
#include <string>

namespace faultline {

// A literal address is given back as it is. Nothing if there is no address within the time limit, or when the
// coroutine is cancelled. The first IPv4 address is taken, else the first IPv6 one.
boost::asio::awaitable<std::optional<std::string>> look_up(std::string name, Duration time_limit);

// Which name servers this loop asks, from its next question on; those of the system unless this is called.
void set_look_up_options(boost::asio::execution_context& loop, ResolverOptions options);

}  // namespace faultline
