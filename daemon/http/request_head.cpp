#include "daemon/http/request_head.h"

#include "daemon/http/host_check.h"
#include "daemon/http/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace faultline::http {
namespace {

std::size_t count_of(const Headers& headers, std::string_view lower_name) {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [&](const auto& header) { return header.first == lower_name; }));
}

std::string_view value_of(const Headers& headers, std::string_view lower_name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == lower_name; });
  return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool changes_something(Method method) {
  return method != Method::get && method != Method::head && method != Method::options;
}

std::optional<HttpResponse> refuse_form(const RawHead& head) {
  if (count_of(head.headers, "host") > 1 || (head.is_http_1_1 && count_of(head.headers, "host") == 0))
    return problem(400, "Host: expected exactly one");
  if (count_of(head.headers, "authorization") > 1) return problem(400, "Authorization: expected at most one");
  if (count_of(head.headers, "origin") > 1) return problem(400, "Origin: expected at most one");
  return std::nullopt;
}

// RFC 9112, 6.1: with any other coding, or from HTTP/1.0, a body has no certain end, and what follows might
// be taken for a request of its own.
std::optional<HttpResponse> refuse_coding(const RawHead& head) {
  const std::string_view coding = value_of(head.headers, "transfer-encoding");
  if (count_of(head.headers, "transfer-encoding") == 0) return std::nullopt;
  if (head.is_http_1_1 && lower(coding) == "chunked") return std::nullopt;
  return problem(400, "Transfer-Encoding: only chunked is taken, and only in HTTP/1.1");
}

std::optional<HttpResponse> refuse_host(const ServerState& state, const Peer& peer, const RawHead& head,
                                        Method method) {
  const std::string_view host = value_of(head.headers, "host");
  if (peer.reached_on_loopback && !host.empty() && !is_allowed_host(host, state.active->hosts))
    return problem(421, "Host: expected localhost, a loopback address, or one of api.allowed_hosts");
  if (changes_something(method) && !is_same_origin(value_of(head.headers, "origin"), host))
    return problem(403, "Origin: another site may not change anything here");
  return std::nullopt;
}

// Sets the principal. False: a token was given, but it is none of ours.
bool identify(const ServerState& state, const Peer& peer, std::string_view authorization,
              Principal& principal) {
  const TokenTable& tokens = state.active->tokens;
  if (tokens.empty()) {
    // check() lets a server without tokens listen on loopback only; this is the second lock on that door.
    if (peer.reached_on_loopback) principal = Principal{"local", Role::admin};
    return true;
  }
  if (authorization.empty()) return true;
  const auto token = TokenTable::bearer(authorization);
  if (!token) return false;
  const auto found = tokens.find(*token);
  if (!found) return false;
  principal = *found;
  return true;
}

std::optional<HttpResponse> refuse_rate(const ServerState& state, const Peer& peer,
                                        const Principal& principal, RateLimit::Time now) {
  const bool is_named = !state.active->tokens.empty() && !principal.name.empty();
  const std::string key = is_named ? "token " + principal.name : "address " + peer.address;
  const auto wait = state.active->rate.take(key, now);
  if (wait.count() == 0) return std::nullopt;
  state.refused(Refusal::rate);
  HttpResponse response = problem(429, "too many requests; see Retry-After");
  response.headers.emplace_back("Retry-After", fmt::format("{}", (wait.count() + 999) / 1000));
  return response;
}

HttpResponse wrong_token() {
  HttpResponse response = problem(401, "this bearer token is not known");
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"faultline\", error=\"invalid_token\"");
  return response;
}

std::optional<HttpResponse> refuse_route(const ServerState& state, HeadDecision& decision,
                                         std::optional<std::uint64_t> content_length) {
  decision.match = state.router->find(decision.request.method, decision.request.path);
  const Route* route = decision.match.route;
  if (!route) return std::move(decision.match.answer);
  decision.request.route = route->pattern;
  if (auto refused = refuse(decision.request.principal, route->minimum)) {
    state.refused(Refusal::token);
    return refused;
  }
  decision.body_limit = route->body_limit;
  if (content_length && *content_length > route->body_limit) {
    state.refused(Refusal::too_large);
    return problem(413, fmt::format("the body may have {} bytes at most", route->body_limit));
  }
  return std::nullopt;
}

std::optional<HttpResponse> judge(const ServerState& state, const Peer& peer, const RawHead& head,
                                  RateLimit::Time now, HeadDecision& decision) {
  HttpRequest& request = decision.request;
  const auto method = method_from_name(head.method);
  request.method = method.value_or(Method::get);
  if (auto refused = refuse_coding(head)) {
    decision.is_end_known = false;
    state.refused(Refusal::malformed);
    return refused;
  }
  if (auto refused = refuse_form(head)) {
    state.refused(Refusal::malformed);
    return refused;
  }
  if (auto refused = refuse_host(state, peer, head, method.value_or(Method::post))) {
    state.refused(Refusal::host);
    return refused;
  }
  const bool known = identify(state, peer, value_of(head.headers, "authorization"), request.principal);
  if (auto refused = refuse_rate(state, peer, request.principal, now)) return refused;
  if (!known) {
    state.refused(Refusal::token);
    return wrong_token();
  }
  if (!method) return problem(501, "this method is not known here");
  auto target = parse_target(head.target);
  if (!target) {
    state.refused(Refusal::malformed);
    return problem(400, target.error().message);
  }
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  return refuse_route(state, decision, head.content_length);
}

}  // namespace

HeadDecision judge_head(const ServerState& state, const Peer& peer, RawHead head, RateLimit::Time now) {
  HeadDecision decision;
  decision.request.peer = peer.address;
  decision.refusal = judge(state, peer, head, now, decision);
  std::erase_if(head.headers, [](const auto& header) {
    return header.first == "authorization" || header.first == "cookie";
  });
  decision.request.headers = std::move(head.headers);
  return decision;
}

}  // namespace faultline::http
