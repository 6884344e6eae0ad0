// What the probes that talk over IP (tcp, dns, http) have in common: the way to a target's address, a TCP
// connection, and what an error of the kernel says about the other side.
#pragma once

#include "rules/model/round.h"
#include "rules/model/time.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace faultline::session {

// Steady time since it was made.
class Stopwatch {
 public:
  Duration elapsed() const {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began_);
  }
  float elapsed_ms() const { return static_cast<float>(to_milliseconds(elapsed())); }
  // What is left of a time limit; never negative.
  Duration left_of(Duration time_limit) const { return std::max(Duration{0}, time_limit - elapsed()); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// Of a literal, or of a name that is resolved for this one measurement.
boost::asio::awaitable<std::optional<boost::asio::ip::address>> find_address(std::string text,
                                                                             Duration time_limit);

struct Attempt {
  boost::system::error_code error;  // none: it worked
  bool at_once = false;             // the own kernel refused: nothing was sent
};

// Opens the socket and connects it; both belong to the caller, who ends it by closing the socket.
boost::asio::awaitable<Attempt> connect_tcp(boost::asio::ip::tcp::socket& socket,
                                            boost::asio::ip::tcp::endpoint remote);

// ICMP errors on the way to a UDP socket's other end are told from now on, "host unreachable" too.
void ask_for_errors(int socket, const boost::asio::ip::address& other_end);

struct Verdict {
  Outcome outcome = Outcome::not_measured;
  OutcomeReason reason = OutcomeReason::none;
};
// For people: "127.0.0.1:53", "[2001:db8::1]:53"; "connected", or why not.
std::string shown(const boost::asio::ip::address& address, std::uint16_t port);
std::string told_by(const Attempt& attempt);
// Of an attempt that failed by itself: neither by a deadline nor by a cancellation.
Verdict verdict_of(const Attempt& attempt);

// Sets outcome and reason.
void give(Round& round, Verdict verdict);

}  // namespace faultline::session
