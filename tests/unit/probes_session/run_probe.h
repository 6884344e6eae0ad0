// For tests of coroutines: an event loop that ends when the test has what it wants, or fails after a time
// that is far beyond any that a working program needs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace faultline {

inline constexpr std::chrono::seconds kFarTooLong{20};

// Runs the loop until done() holds after a handler.
inline void run_until(boost::asio::io_context& io, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + kFarTooLong;
  while (!done()) {
    if (io.stopped()) io.restart();
    if (io.run_one_until(end) == 0) break;
  }
  ASSERT_TRUE(done()) << "it never came";
}

}  // namespace faultline
