#include "daemon/http/router.h"

#include "daemon/http/role.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace faultline::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  }
  return segments;
}

bool is_parameter(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// Number of fixed segments + 1 if the route fits, else 0.
std::size_t fit(const Route& route, const std::vector<std::string>& segments) {
  if (route.segments.size() != segments.size()) return 0;
  std::size_t fixed = 1;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (is_parameter(route.segments[i])) {
      if (segments[i].empty()) return 0;
    } else if (route.segments[i] == segments[i]) {
      ++fixed;
    } else {
      return 0;
    }
  }
  return fixed;
}

Query parameters_of(const Route& route, const std::vector<std::string>& segments) {
  Query parameters;
  for (std::size_t i = 0; i < segments.size(); ++i)
    if (const std::string& name = route.segments[i]; is_parameter(name))
      parameters.emplace(name.substr(1, name.size() - 2), segments[i]);
  return parameters;
}

// "GET, HEAD, OPTIONS, POST"
std::string allow_header(std::vector<Method> methods) {
  if (std::find(methods.begin(), methods.end(), Method::get) != methods.end())
    methods.push_back(Method::head);
  methods.push_back(Method::options);
  std::sort(methods.begin(), methods.end());
  std::string text;
  for (const Method method : methods) {
    if (!text.empty()) text += ", ";
    text += name(method);
  }
  return text;
}

HttpResponse not_routed(Method method, const std::vector<Method>& methods_there, std::string_view path) {
  if (methods_there.empty()) return problem(404, fmt::format("there is nothing at {}", path));
  const std::string allow = allow_header(methods_there);
  HttpResponse answer =
      method == Method::options
          ? HttpResponse{.status = 204, .content_type = "", .headers = {}, .body = "", .stream = {}}
          : problem(405, fmt::format("{} takes {}", path, allow));
  answer.headers.emplace_back("Allow", allow);
  return answer;
}

}  // namespace

void Router::add(Method method, std::string pattern, Role minimum, Handler handler, std::size_t body_limit) {
  if (!pattern.starts_with('/')) throw std::logic_error("route " + pattern + ": must begin with /");
  for (const Route& route : routes_)
    if (route.method == method && route.pattern == pattern)
      throw std::logic_error("route " + pattern + ": given twice");
  Route route;
  route.method = method;
  route.segments = split(pattern);
  route.pattern = std::move(pattern);
  route.minimum = minimum;
  route.handler = std::move(handler);
  route.body_limit = body_limit;
  routes_.push_back(std::move(route));
}

Match Router::find(Method method, std::string_view path) const {
  const std::vector<std::string> segments = split(path);
  const Method wanted = method == Method::head ? Method::get : method;
  Match match;
  std::size_t best = 0;
  std::vector<Method> methods_there;
  for (const Route& route : routes_) {
    const std::size_t fits = fit(route, segments);
    if (fits == 0) continue;
    if (std::find(methods_there.begin(), methods_there.end(), route.method) == methods_there.end())
      methods_there.push_back(route.method);
    if (route.method != wanted || fits <= best) continue;
    best = fits;
    match.route = &route;
  }
  if (match.route)
    match.parameters = parameters_of(*match.route, segments);
  else
    match.answer = not_routed(method, methods_there, path);
  return match;
}

void Router::dispatch(HttpRequest request, Respond respond) const {
  Match match = find(request.method, request.path);
  dispatch(std::move(match), std::move(request), std::move(respond));
}

void Router::dispatch(Match match, HttpRequest request, Respond respond) const {
  if (!match.route) return respond(std::move(match.answer));
  if (auto refused = refuse(request.principal, match.route->minimum)) return respond(std::move(*refused));
  request.route = match.route->pattern;
  request.parameters = std::move(match.parameters);
  try {
    match.route->handler(std::move(request), respond);
  } catch (const std::exception&) {
    respond(problem(500, "an internal error; see the log"));
    throw;
  }
}

std::optional<HttpResponse> refuse(const Principal& principal, Role minimum) {
  if (allows(principal.role, minimum)) return std::nullopt;
  if (principal.role == Role::anyone) {
    HttpResponse response = problem(401, "this needs a bearer token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"faultline\"");
    return response;
  }
  return problem(
      403, fmt::format("the role {} may not do this; it needs {}", name(principal.role), name(minimum)));
}

}  // namespace faultline::http
