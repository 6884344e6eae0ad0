// What all connections of one server share. Internal to daemon/http; main loop only.
#pragma once

#include "daemon/http/rate_limit.h"
#include "daemon/http/router.h"
#include "daemon/http/server.h"
#include "daemon/http/token_table.h"

#include <memory>
#include <string>
#include <vector>

namespace faultline::http {

// What a reload swaps. A connection takes it anew for every request.
struct Active {
  Limits limits;
  TokenTable tokens{{}};
  std::vector<std::string> hosts;  // lower case
  RateLimit rate{0};
};

struct ServerState {
  const Router* router = nullptr;
  ServerEvents events;
  std::shared_ptr<Active> active;
  bool stopping = false;  // answer what is under way, take nothing new

  void refused(Refusal refusal) const {
    if (events.refused) events.refused(refusal);
  }
  void trouble(std::string_view text) const {
    if (events.trouble) events.trouble(text);
  }
};

struct Peer {
  std::string address;               // of the other side
  bool reached_on_loopback = false;  // our own side of the connection
};

}  // namespace faultline::http
