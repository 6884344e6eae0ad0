// A probe that is a conversation (modem, TCP, HTTP, …) and not a packet: one call measures once. Interval,
// spread and overlap are the scheduler's business (session/scheduler.h); a probe only measures.
#pragma once

#include "probes/session/device_profile.h"
#include "rules/model/index.h"
#include "rules/model/round.h"
#include "rules/model/time.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace faultline {

namespace session {
class LineBook;  // probes/session/line_book.h
}

// What host names resolve to, as far as they have; kept up to date by its owner, on the same thread.
using ResolvedNames = std::map<std::string, std::string, std::less<>>;

// What a measurement says in words, beside the values of its round.
struct SessionNote {
  enum class Kind : std::uint8_t {
    fact,      // stays the same while nothing happens ("cell", "modem"): another one is an event
    finding,   // of this one time ("path"): always an event
    exchange,  // a line of the raw conversation
  };
  Kind kind = Kind::fact;
  std::string what;  // one word; of an exchange ">" (sent) or "<" (received)
  std::string text;
};

struct SessionNotes {
  bool wants_exchange = false;  // whether somebody looks at the raw conversation
  std::vector<SessionNote> list{};
};

struct SessionTarget {
  EndpointIndex endpoint;
  std::string name;
  std::string address;  // literal or host name; empty if the endpoint has none
  std::string device;   // path of a serial port or pty; empty if it has none
  std::string agent{};  // as session/agent_address.h reads it; empty if it has none
  std::shared_ptr<const session::DeviceProfiles> device_profiles{};  // null: none
  std::shared_ptr<const ResolvedNames> names{};                      // null: none
  std::shared_ptr<SessionNotes> notes{};       // of this measurement; null: nobody reads
  std::vector<NodeIndex> nodes{};              // that it hangs on by a transport edge
  std::shared_ptr<session::LineBook> lines{};  // of all endpoints; null: tests ask nobody
};

// Nothing is kept where nobody reads.
void note_fact(const SessionTarget& target, std::string_view what, std::string text);
void note_finding(const SessionTarget& target, std::string_view what, std::string text);
// Control characters are shown as escapes; no more than 4 KiB of one line.
void note_exchange(const SessionTarget& target, std::string_view direction, std::string_view text);

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
