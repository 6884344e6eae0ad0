// The API's backend: what is on disk. Incidents (those of late from memory), complaints, tickets, events.
#include "daemon/app/backend.h"
#include "daemon/store/complaints.h"
#include "daemon/store/events.h"
#include "daemon/store/incidents.h"
#include "daemon/store/tickets.h"
#include "daemon/tickets/ticket.h"
#include "daemon/tickets/tmf_api.h"
#include "probes/async/clock.h"
#include "rules/model/root_name.h"

#include <algorithm>
#include <utility>

namespace faultline::app {
namespace {

// The latest thing that happened to it.
Timestamp changed_at(const Incident& incident) {
  Timestamp latest = incident.suspected_at;
  for (const auto& time :
       {incident.opened_at, incident.recovered_at, incident.resolved_at, incident.closed_at})
    if (time) latest = std::max(latest, *time);
  return latest;
}

bool wanted(const Incident& incident, const http::IncidentQuery& query) {
  if (query.state && incident.state != *query.state) return false;
  if (!query.state && !query.all && has_ended(incident.state)) return false;
  return !query.since || changed_at(incident) >= *query.since;
}

Result<http::TicketView> view_of(const store::TicketRow& row) {
  auto s = tickets::summary(row);
  if (!s) return tl::make_unexpected(s.error());
  return http::TicketView{row.id,   s->incident, s->status,  s->severity,
                          s->title, s->created,  s->updated, s->notes};
}

}  // namespace

http::IncidentView Backend::view(const Incident& incident) const {
  return {incident, root_name(incident.root, services_.pipeline->topology()),
          incident.opened_at ? tickets::external_key(incident.number) : std::string()};
}

void Backend::incidents(http::IncidentQuery query,
                        http::Reply<Result<http::Page<http::IncidentView>>> reply) {
  const std::size_t offset = query.page.offset;
  const bool from_memory = !query.all && (!query.state || !has_ended(*query.state));
  if (from_memory) {
    http::Page<http::IncidentView> page;
    auto all = services_.pipeline->incidents();
    std::reverse(all.begin(), all.end());  // newest first, as from disk
    std::size_t position = 0;
    for (const Incident* incident : all) {
      if (!wanted(*incident, query) || position++ < offset || page.items.size() == query.page.limit) continue;
      page.items.push_back(view(*incident));
    }
    page.next = cursor_after(offset, page.items.size(), query.page.limit);
    return reply(std::move(page));
  }
  store::IncidentFilter filter;
  if (query.state) filter.states = {*query.state};
  filter.active_from = query.since;
  filter.offset = offset;
  filter.limit = query.page.limit;
  services_.store->query(
      [filter](store::Database& db) { return store::list_incidents(db, filter); },
      [this, offset, limit = query.page.limit,
       reply = std::move(reply)](Result<std::vector<store::IncidentRecord>> records) {
        if (!records) return reply(tl::make_unexpected(records.error()));
        http::Page<http::IncidentView> page;
        for (const store::IncidentRecord& record : *records)
          if (auto restored = store::from_document(record.document, services_.pipeline->topology()))
            page.items.push_back(view(restored->incident));
        page.next = cursor_after(offset, records->size(), limit);
        reply(std::move(page));
      });
}

void Backend::incident(IncidentNumber number, http::Reply<Result<std::optional<http::IncidentView>>> reply) {
  if (const Incident* live = services_.pipeline->incident(number)) return reply(std::optional(view(*live)));
  services_.store->query(
      [number](store::Database& db) { return store::find_incident(db, number); },
      [this, reply = std::move(reply)](Result<std::optional<store::IncidentRecord>> record) {
        if (!record) return reply(tl::make_unexpected(record.error()));
        if (!*record) return reply(std::optional<http::IncidentView>());
        auto restored = store::from_document((*record)->document, services_.pipeline->topology());
        if (!restored) return reply(tl::make_unexpected(restored.error()));
        reply(std::optional(view(restored->incident)));
      });
}

void Backend::complaints(http::PageRequest page, http::Reply<Result<http::Page<http::ComplaintView>>> reply) {
  store::ComplaintFilter filter;
  filter.limit = page.limit;
  filter.offset = page.offset;
  services_.store->query(
      [filter](store::Database& db) { return store::list_complaints(db, filter); },
      [filter, reply = std::move(reply)](Result<std::vector<store::StoredComplaint>> stored) {
        if (!stored) return reply(tl::make_unexpected(stored.error()));
        http::Page<http::ComplaintView> shown;
        for (const store::StoredComplaint& c : *stored)
          shown.items.push_back({c.id, c.received, c.began, c.service, c.symptom, c.channel, c.incident});
        shown.next = cursor_after(filter.offset, stored->size(), filter.limit);
        reply(std::move(shown));
      });
}

void Backend::tickets(http::PageRequest page, http::Reply<Result<http::Page<http::TicketView>>> reply) {
  store::TicketFilter filter;
  filter.limit = page.limit;
  filter.offset = page.offset;
  services_.store->query(
      [filter](store::Database& db) -> Result<http::Page<http::TicketView>> {
        const auto listed = store::list_tickets(db, filter);
        if (!listed) return tl::make_unexpected(listed.error());
        http::Page<http::TicketView> shown;
        for (const store::TicketRow& row : listed->rows) {
          auto view = view_of(row);
          if (!view) return tl::make_unexpected(view.error());
          shown.items.push_back(std::move(*view));
        }
        shown.next = cursor_after(filter.offset, listed->rows.size(), filter.limit);
        return shown;
      },
      std::move(reply));
}

void Backend::ticket(std::string id, http::Reply<Result<std::optional<http::TicketView>>> reply) {
  using Answer = Result<std::optional<http::TicketView>>;
  services_.store->query(
      [id = std::move(id)](store::Database& db) -> Answer {
        const auto row = store::find_ticket(db, id);
        if (!row) return tl::make_unexpected(row.error());
        if (!*row) return std::nullopt;
        auto view = view_of(**row);
        if (!view) return tl::make_unexpected(view.error());
        return std::optional(std::move(*view));
      },
      std::move(reply));
}

void Backend::events(http::EventQuery query, http::Reply<Result<http::Page<http::EventView>>> reply) {
  store::EventFilter filter;
  if (const auto number = tickets::incident_from_key(query.subject))
    filter.incident = number;
  else
    filter.subject = query.subject;
  filter.from = query.since;
  filter.limit = query.page.limit;
  filter.offset = query.page.offset;
  services_.store->query(
      [filter](store::Database& db) { return store::list_events(db, filter); },
      [filter, reply = std::move(reply)](Result<std::vector<store::Event>> events) {
        if (!events) return reply(tl::make_unexpected(events.error()));
        http::Page<http::EventView> page;
        for (const store::Event& event : *events)
          page.items.push_back({static_cast<std::uint64_t>(event.id), event.at, event.kind,
                                event.incident ? tickets::external_key(*event.incident) : event.subject,
                                event.reason, event.detail});
        page.next = cursor_after(filter.offset, events->size(), filter.limit);
        reply(std::move(page));
      });
}

void Backend::tmf(http::Method method, std::string id, http::Query query, std::string body,
                  const http::Principal& by, http::Reply<http::RawAnswer> reply) {
  tickets::TmfRequest request;
  request.method = std::string(http::name(method));
  request.id = std::move(id);
  request.query = std::move(query);
  request.body = std::move(body);
  request.caller = by.name;
  const auto answer = std::make_shared<tickets::TmfAnswer>();
  store::Job work = [request, answer](store::Database& db) -> Result<void> {
    *answer = tickets::handle(request, db, wall_now());
    if (answer->status >= 500) return fail(answer->change_text);  // leave nothing behind
    if (answer->changed_id.empty()) return {};
    const auto number = tickets::incident_from_key(answer->changed_id);
    const auto event = store::append_event(db, {0, wall_now(), "ticket.changed", number, answer->changed_id,
                                                answer->change_text + " by " + request.caller, ""});
    if (!event) return tl::make_unexpected(event.error());
    return {};
  };
  store::Done done = [answer, reply = std::move(reply)](Result<void> result) {
    if (!result && answer->status < 500) {
      const auto refused =
          tickets::tmf_error(503, "storeUnavailable", "the change was not stored", result.error().message);
      return reply({refused.status, refused.body, refused.headers});
    }
    reply({answer->status, answer->body, answer->headers});
  };
  if (method == http::Method::patch)
    services_.store->write(std::move(work), std::move(done));
  else
    services_.store->read(std::move(work), std::move(done));
}

}  // namespace faultline::app
