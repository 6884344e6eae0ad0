// /-/healthy, /-/ready, /-/reload, and the page for people at /.
#include "daemon/http/api_json.h"
#include "daemon/http/status_page.h"

#include <algorithm>

namespace faultline::http {
namespace {

constexpr std::size_t kIncidentsShown = 100;
constexpr std::size_t kDegradationsShown = 50;

void answer_ready(const Respond& respond, ApiBackend& backend) {
  const DaemonStatus status = backend.status();
  json::array reasons;
  for (const std::string& reason : status.not_ready) reasons.emplace_back(reason);
  const bool ready = reasons.empty();
  respond(json_answer(json::object{{"ready", ready}, {"reasons", std::move(reasons)}}, ready ? 200 : 503));
}

void reload(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  backend.reload(request.principal, [respond](const Result<std::string>& changed) {
    if (!changed) return respond(problem(422, changed.error().message));
    respond(json_answer(json::object{{"changed", *changed}}));
  });
}

std::vector<PageContent::Trouble> latest_degradations(ApiBackend& backend, std::size_t& total) {
  const auto topology = backend.topology();
  std::vector<Degradation> all = backend.degradations();
  total = all.size();
  const auto shown = std::min(all.size(), kDegradationsShown);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(),
                    [](const Degradation& a, const Degradation& b) { return a.onset > b.onset; });
  std::vector<PageContent::Trouble> latest;
  for (std::size_t i = 0; i < shown; ++i)
    latest.push_back({topology->endpoint(all[i].endpoint).name, std::move(all[i])});
  return latest;
}

void show_page(const Respond& respond, ApiBackend& backend) {
  IncidentQuery query;
  query.page.limit = kIncidentsShown;
  backend.incidents(std::move(query), [respond, &backend](Result<Page<IncidentView>> page) {
    PageContent content;
    content.status = backend.status();
    content.degradations = latest_degradations(backend, content.degradations_total);
    if (page) {
      content.incidents = std::move(page->items);
      content.more_incidents = !page->next.empty();
    } else {
      content.problem = "Incidents cannot be shown: " + page.error().message;
    }
    respond(status_page(content));
  });
}

}  // namespace

void add_state_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/-/healthy", Role::anyone, [](const HttpRequest&, const Respond& respond) {
    respond(json_answer(json::object{{"healthy", true}}));
  });
  router.add(Method::get, "/-/ready", Role::anyone,
             [&backend](const HttpRequest&, const Respond& respond) { answer_ready(respond, backend); });
  router.add(
      Method::post, "/-/reload", Role::operations,
      [&backend](const HttpRequest& request, const Respond& respond) { reload(request, respond, backend); });
  router.add(Method::get, "/", Role::viewer,
             [&backend](const HttpRequest&, const Respond& respond) { show_page(respond, backend); });
}

}  // namespace faultline::http
