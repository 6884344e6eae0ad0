// A request as a handler sees it, and the answer that it gives. Plain data: no Beast, no Asio, so that
// handlers compile fast and are tested without a socket. Used on the main loop only, except where said.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace faultline::http {

enum class Method : std::uint8_t { get, head, options, post, put, patch, del };
// "GET", …; and back (nullopt for a method that the server does not know).
std::string_view name(Method method);
std::optional<Method> method_from_name(std::string_view text);

// What a caller may do. No total order: see allows() in role.h.
//   anyone      no token at all (health checks)
//   viewer      reads everything but complaints
//   complaints  hands in complaints and gets their answers, and nothing else
//   alarms      hands in and ends alarms of other systems, and reads those of TMF642
//   operations  the role "operator": viewer and alarms, and complaints' list, maintenance, reload, ticket
//   changes admin       everything
enum class Role : std::uint8_t { anyone, viewer, complaints, operations, admin, alarms };
std::string_view name(Role role);
std::optional<Role> role_from_name(std::string_view text);

struct Principal {
  std::string name;  // of the token; "local" on loopback without tokens; empty for anyone
  Role role = Role::anyone;
};

// Query parameters by name, decoded; one given twice is refused before a handler sees it.
using Query = std::map<std::string, std::string, std::less<>>;
using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  Method method = Method::get;
  std::string path;   // decoded, without query
  std::string route;  // the pattern that matched: "/api/v1/incidents/{id}"
  Query query;
  Query parameters;  // of the path: {"id", "FL-7"}; decoded
  Headers headers;   // names in lower case; without authorization and cookie
  std::string body;
  Principal principal;
  std::string peer;  // address of the other side, for the audit log

  // First header of that (lower-case) name, empty if there is none.
  std::string_view header(std::string_view lower_name) const;
  std::optional<std::string_view> parameter(std::string_view parameter_name) const;  // of the query
};

// A body given block by block, so that a large one is never held whole. The server asks for one block at a
// time, on the main loop, and asks again when that block has been taken by the network.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // `last`: nothing follows; the block may be empty.
  using Done = std::function<void(std::string block, bool last)>;
  // Calls `done` exactly once, at once or later, from any thread.
  virtual void next(Done done) = 0;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
  std::shared_ptr<BodySource> stream;  // if set, `body` is not used
};

// One-shot; callable later (after a commit), on the main loop. Destroyed uncalled, the client gets a 500; a
// second call is ignored.
using Respond = std::function<void(HttpResponse)>;
// Called on the main loop. What it throws becomes a 500 and is logged.
using Handler = std::function<void(HttpRequest, Respond)>;

// An error as RFC 9457 problem+json: {"type": "about:blank", "title", "status", "detail"}. `detail` is for
// people: what was wrong, where, what was expected.
HttpResponse problem(unsigned status, std::string_view detail);
HttpResponse json_response(std::string json, unsigned status = 200);
// The reason phrase: "Not Found"; "Unknown" for a status without one.
std::string_view reason_phrase(unsigned status);

}  // namespace faultline::http
