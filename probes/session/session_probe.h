// A probe that is a conversation (modem, TCP, HTTP, …) and not a packet: one call measures once. Interval,
// spread and overlap are the scheduler's business (session/scheduler.h); a probe only measures.
#pragma once

#include "rules/model/round.h"
#include "rules/model/time.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace faultline {

struct SessionTarget {
  EndpointIndex endpoint;
  std::string name;
  std::string address;  // literal or host name; empty if the endpoint has none
  std::string device;   // path of a serial port or pty; empty if it has none
};

class SessionProbe {
 public:
  virtual ~SessionProbe() = default;
  // Measures once. Never throws for network trouble: that is an Outcome. Comes back by `deadline` (steady
  // time left from now), and soon after a terminal cancellation, then with Outcome::not_measured, reason
  // cancelled. The round's endpoint, values, outcome and reason are set; its times and probe index are the
  // caller's.
  virtual boost::asio::awaitable<Round> run(SessionTarget target, Duration time_limit) = 0;
};

}  // namespace faultline
