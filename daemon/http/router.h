// From (method, path) to a handler. Fill it once before the server starts; afterwards it is only read. Knows
// nothing of sockets: dispatch() runs a whole request in tests. Answers HEAD (as GET, the server drops the
// body), OPTIONS, 404 and 405 by itself.
#pragma once

#include "daemon/http/message.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::http {

inline constexpr std::size_t kDefaultBodyLimit = 64 * 1024;

struct Route {
  Method method = Method::get;
  std::string pattern;  // "/api/v1/incidents/{id}"; a parameter takes one whole segment, never empty
  Role minimum = Role::admin;
  Handler handler;
  std::size_t body_limit = kDefaultBodyLimit;  // bytes; a larger body is refused with 413
  std::vector<std::string> segments;           // the pattern, split
};

// What the server does next with a request of which it has the head only.
struct Match {
  const Route* route = nullptr;  // null: `answer` says why
  Query parameters;
  HttpResponse answer;  // 404, 405 (with Allow), or the answer to OPTIONS
};

class Router {
 public:
  // Fixed segments win over parameters. The same method and pattern twice throws std::logic_error (a bug).
  void add(Method method, std::string pattern, Role minimum, Handler handler,
           std::size_t body_limit = kDefaultBodyLimit);

  // `path` decoded by parse_target (target.h).
  Match find(Method method, std::string_view path) const;
  // Finds, checks the role of request.principal (401 for anyone, 403 else), and calls the handler. What
  // the handler throws becomes a 500 and is thrown on, for the log.
  void dispatch(HttpRequest request, Respond respond) const;
  // The same with the match already made, as the server does it.
  void dispatch(Match match, HttpRequest request, Respond respond) const;

  std::span<const Route> routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

// 401 with WWW-Authenticate, 403, or nothing if the role suffices.
std::optional<HttpResponse> refuse(const Principal& principal, Role minimum);

}  // namespace faultline::http
