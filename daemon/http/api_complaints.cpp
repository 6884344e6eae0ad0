// /api/v1/complaints: handing in (its own role), and the operators' list, which shows nothing of a customer.
#include "daemon/http/api_json.h"

namespace faultline::http {
namespace {

constexpr std::size_t kBodyLimit = 1024 * 1024;

HttpResponse as_response(RawAnswer raw) {
  HttpResponse response = json_response(std::move(raw.json), raw.status);
  // A body refused as a whole is answered with problem details, one complaint or many with their results.
  if (response.body.starts_with(R"({"type":"about:blank")"))
    response.content_type = "application/problem+json";
  response.headers = std::move(raw.headers);
  return response;
}

void submit(HttpRequest request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  if (auto refused = refuse_body_type(request)) return respond(std::move(*refused));
  backend.submit_complaints(std::move(request.body), request.principal,
                            [respond](RawAnswer raw) { respond(as_response(std::move(raw))); });
}

json::object complaint_json(const ComplaintView& view) {
  return {{"id", view.id},
          {"received", json_time(view.received)},
          {"began", json_time(view.began)},
          {"service", name(view.service)},
          {"symptom", json_text_or_null(view.symptom)},
          {"channel", json_text_or_null(view.channel)},
          {"incident", view.incident ? json::value(incident_id(*view.incident)) : json::value()}};
}

void list_complaints(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"limit", "cursor"}))
    return respond(std::move(*refused));
  const auto page = page_of(request);
  if (!page) return respond(bad_request(page.error()));
  backend.complaints(*page, [respond](const Result<Page<ComplaintView>>& found) {
    if (!found) return respond(failed(found.error()));
    json::array items;
    for (const ComplaintView& view : found->items) items.push_back(complaint_json(view));
    respond(page_answer(std::move(items), found->next));
  });
}

}  // namespace

void add_complaint_routes(Router& router, ApiBackend& backend) {
  router.add(
      Method::post, "/api/v1/complaints", Role::complaints,
      [&backend](HttpRequest request, const Respond& respond) {
        submit(std::move(request), respond, backend);
      },
      kBodyLimit);
  router.add(Method::get, "/api/v1/complaints", Role::operations,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_complaints(request, respond, backend);
             });
}

}  // namespace faultline::http
