// /api/v1/maintenance: planned windows, read, added and deleted.
#include "daemon/http/api_json.h"
#include "rules/model/time_text.h"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace faultline::http {
namespace {

constexpr std::size_t kLongestText = 500;  // bytes

json::object window_json(const MaintenanceView& window) {
  return {{"id", window.id},
          {"target", window.target},
          {"begins", json_time(window.begins)},
          {"ends", json_time(window.ends)},
          {"reason", json_text_or_null(window.reason)},
          {"from_file", window.from_file}};
}

// Sets `into` from a text member; false: it is no text of at most kLongestText bytes.
bool take_text(const json::value& value, std::string& into) {
  const auto* text = value.if_string();
  if (!text || text->size() > kLongestText) return false;
  into.assign(text->data(), text->size());
  return true;
}

bool take_time(const json::value& value, Timestamp& into) {
  const auto* text = value.if_string();
  const auto time = text ? parse_rfc3339(std::string_view(text->data(), text->size())) : std::nullopt;
  if (time) into = *time;
  return time.has_value();
}

Result<MaintenanceView> parse_window(std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  const auto* object = error ? nullptr : value.if_object();
  if (!object) return fail("body: expected a JSON object {id, target, begins, ends, reason}");
  MaintenanceView window;
  for (const auto& [key, member] : *object) {
    if (key == "id" || key == "target" || key == "reason") {
      std::string& into = key == "id" ? window.id : key == "target" ? window.target : window.reason;
      if (!take_text(member, into))
        return fail(
            fmt::format("/{}: expected a text of at most {} bytes", std::string_view(key), kLongestText));
    } else if (key == "begins" || key == "ends") {
      if (!take_time(member, key == "begins" ? window.begins : window.ends))
        return fail(fmt::format("/{}: expected a time as 2026-11-24T02:00:00Z", std::string_view(key)));
    } else {
      return fail(
          fmt::format("/{}: unknown; expected id, target, begins, ends or reason", std::string_view(key)));
    }
  }
  for (const char* needed : {"target", "begins", "ends"})
    if (!object->contains(needed)) return fail(fmt::format("/{}: missing", needed));
  if (window.ends <= window.begins) return fail("/ends: expected a time after /begins");
  return window;
}

void add_window(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  if (auto refused = refuse_body_type(request)) return respond(std::move(*refused));
  auto window = parse_window(request.body);
  if (!window) return respond(problem(422, window.error().message));
  backend.add_maintenance(std::move(*window), request.principal,
                          [respond](const Result<MaintenanceView>& added) {
                            if (!added) return respond(problem(422, added.error().message));
                            respond(json_answer(window_json(*added), 201));
                          });
}

void remove_window(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  const std::string id = request.parameters.at("id");
  backend.remove_maintenance(id, request.principal, [respond, id](const Result<bool>& removed) {
    if (!removed) return respond(problem(409, removed.error().message));
    if (!*removed) return respond(problem(404, fmt::format("there is no maintenance window \"{}\"", id)));
    HttpResponse response;
    response.status = 204;
    response.content_type.clear();
    respond(std::move(response));
  });
}

void list_windows(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  json::array items;
  for (const MaintenanceView& window : backend.maintenance()) items.push_back(window_json(window));
  respond(page_answer(std::move(items), ""));
}

}  // namespace

void add_maintenance_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/maintenance", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_windows(request, respond, backend);
             });
  router.add(Method::post, "/api/v1/maintenance", Role::operations,
             [&backend](const HttpRequest& request, const Respond& respond) {
               add_window(request, respond, backend);
             });
  router.add(Method::del, "/api/v1/maintenance/{id}", Role::operations,
             [&backend](const HttpRequest& request, const Respond& respond) {
               remove_window(request, respond, backend);
             });
}

}  // namespace faultline::http
