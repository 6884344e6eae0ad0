// Alarms of other systems: Alertmanager's webhook, and TMF642 v4.
#include "daemon/http/api_json.h"

namespace faultline::http {
namespace {

// About 12,000 alerts. Alertmanager does not send again what is refused as too large.
constexpr std::size_t kAlertBodyLimit = 8 * 1024 * 1024;

void submit_alerts(HttpRequest request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  if (auto refused = refuse_body_type(request)) return respond(std::move(*refused));
  backend.submit_alerts(std::move(request.body), request.principal, [respond](RawAnswer raw) {
    HttpResponse response =
        raw.status >= 400 ? problem(raw.status, raw.json) : json_response(std::move(raw.json), raw.status);
    response.headers.insert(response.headers.end(), raw.headers.begin(), raw.headers.end());
    respond(std::move(response));
  });
}

void tmf(HttpRequest request, std::string resource, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_body_type(request)) return respond(std::move(*refused));
  const auto id = request.parameters.find("id");
  backend.tmf_alarms(request.method == Method::head ? Method::get : request.method, std::move(resource),
                     id == request.parameters.end() ? std::string() : id->second, std::move(request.query),
                     std::move(request.body), request.principal, raw_reply(respond));
}

}  // namespace

void add_alarm_routes(Router& router, ApiBackend& backend) {
  router.add(
      Method::post, "/api/v1/alarms/alertmanager", Role::alarms,
      [&backend](HttpRequest request, const Respond& respond) {
        submit_alerts(std::move(request), respond, backend);
      },
      kAlertBodyLimit);
  const auto add = [&](Method method, const std::string& resource, const std::string& below) {
    router.add(method, "/tmf-api/alarmManagement/v4/" + resource + below, Role::alarms,
               [&backend, resource](HttpRequest request, const Respond& respond) {
                 tmf(std::move(request), resource, respond, backend);
               });
  };
  for (const Method method : {Method::get, Method::post}) add(method, "alarm", "");
  for (const Method method : {Method::get, Method::patch, Method::del}) add(method, "alarm", "/{id}");
  for (const Method method : {Method::get, Method::post}) add(method, "clearAlarms", "");
  add(Method::get, "clearAlarms", "/{id}");
}

}  // namespace faultline::http
