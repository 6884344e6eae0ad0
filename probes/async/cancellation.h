// Whether the running coroutine was told to end.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace faultline {

// A terminal cancellation was asked for. It ends the wait that it meets, but not the next one: to be asked
// between two waits.
boost::asio::awaitable<bool> is_cancelled();

}  // namespace faultline
