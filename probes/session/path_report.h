// What a trace says: the way to an endpoint hop by hop, and at which hop trouble begins.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::session {

struct PathHop {
  std::string address;  // who answered; empty: nobody did
  std::uint16_t sent = 0;
  std::vector<float> rtt_ms;   // of each answer
  bool is_endpoint = false;    // the target itself answered
  std::string_view refusal{};  // "no route to the host", … if this hop said so; else empty

  std::size_t lost() const { return sent - rtt_ms.size(); }
  float median_ms() const;  // kNoValue without an answer
};

// The hops from 1 on; ends with the endpoint, with the hop that refuses, or with the last that was tried.
using Path = std::vector<PathHop>;

// Hops until the endpoint answered; 0 if it did not.
std::size_t length_of(const Path& path);

// Where it begins, in one sentence. Loss at a hop counts only if all that answers behind it loses too, for
// routers answer a traceroute when they have nothing better to do. `usual_way`: what path_known said when it
// last arrived; empty if it never did.
std::string path_verdict(const Path& path, std::string_view usual_way);

// Who answers, hop by hop, with a blank between, as far as it is known: "10.0.0.1 * 10.2.0.1". Who did not
// answer this time is who usually stands there, and behind the last answer of a trace that did not arrive all
// is as usual: it differs from `usual_way`, an earlier one or empty, only where another answered.
std::string path_known(const Path& path, std::string_view usual_way);

// "1 10.0.0.1 0.4 ms, 2 *, 3 10.2.0.1 8.1 ms (1 of 3 lost)"
std::string path_text(const Path& path);

}  // namespace faultline::session
