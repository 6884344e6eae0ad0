// What the server does with a request whose head it has: who is it, may it, where does it go. Everything is
// decided here, before a byte of the body is read; no sockets.
#pragma once

#include "daemon/http/server_state.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace faultline::http {

struct RawHead {
  std::string_view method;
  std::string_view target;
  bool is_http_1_1 = true;
  Headers headers;  // names in lower case, as they came
  std::optional<std::uint64_t> content_length;
};

struct HeadDecision {
  HttpRequest request;  // without its body
  Match match;
  std::optional<HttpResponse> refusal;  // answer with this; the body is not wanted
  bool is_end_known = true;             // false: where the request ends is a guess; close after the answer
  std::size_t body_limit = 0;
};

// Counts what it refuses (state.events) and takes one from the caller's rate.
HeadDecision judge_head(const ServerState& state, const Peer& peer, RawHead head, RateLimit::Time now);

}  // namespace faultline::http
