// /api/v1/tickets, a view of the ticket book, and the book itself by TMF621 v5.
#include "daemon/http/api_json.h"

#include <fmt/format.h>

namespace faultline::http {
namespace {

json::object ticket_json(const TicketView& view) {
  json::array notes;
  for (const std::string& note : view.notes) notes.emplace_back(note);
  return {{"id", view.id},
          {"incident", incident_id(view.incident)},
          {"status", view.status},
          {"severity", view.severity},
          {"title", view.title},
          {"created", json_time(view.created)},
          {"updated", json_time(view.updated)},
          {"notes", std::move(notes)}};
}

void list_tickets(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {"limit", "cursor"}))
    return respond(std::move(*refused));
  const auto page = page_of(request);
  if (!page) return respond(bad_request(page.error()));
  backend.tickets(*page, [respond](const Result<Page<TicketView>>& found) {
    if (!found) return respond(failed(found.error()));
    json::array items;
    for (const TicketView& view : found->items) items.push_back(ticket_json(view));
    respond(page_answer(std::move(items), found->next));
  });
}

void show_ticket(const HttpRequest& request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_unknown_parameters(request, {})) return respond(std::move(*refused));
  const std::string& id = request.parameters.at("id");
  backend.ticket(id, [respond, id](const Result<std::optional<TicketView>>& found) {
    if (!found) return respond(failed(found.error()));
    if (!*found) return respond(problem(404, fmt::format("there is no ticket \"{}\"", id)));
    respond(json_answer(ticket_json(**found)));
  });
}

void tmf(HttpRequest request, const Respond& respond, ApiBackend& backend) {
  if (auto refused = refuse_body_type(request)) return respond(std::move(*refused));
  const auto id = request.parameters.find("id");
  backend.tmf(request.method == Method::head ? Method::get : request.method,
              id == request.parameters.end() ? std::string() : id->second, std::move(request.query),
              std::move(request.body), request.principal, raw_reply(respond));
}

}  // namespace

void add_ticket_routes(Router& router, ApiBackend& backend) {
  router.add(Method::get, "/api/v1/tickets", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               list_tickets(request, respond, backend);
             });
  router.add(Method::get, "/api/v1/tickets/{id}", Role::viewer,
             [&backend](const HttpRequest& request, const Respond& respond) {
               show_ticket(request, respond, backend);
             });
  const Handler book = [&backend](HttpRequest request, const Respond& respond) {
    tmf(std::move(request), respond, backend);
  };
  const std::string collection = "/tmf-api/troubleTicket/v5/troubleTicket";
  router.add(Method::get, collection, Role::viewer, book);
  router.add(Method::get, collection + "/{id}", Role::viewer, book);
  router.add(Method::patch, collection + "/{id}", Role::operations, book);
}

}  // namespace faultline::http
