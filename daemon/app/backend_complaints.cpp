// The API's backend: complaints. Each is on disk before the rules hear of it and before its sender is
// answered.
#include "daemon/app/backend.h"
#include "daemon/complaints/answer.h"
#include "daemon/complaints/intake.h"
#include "daemon/store/complaints.h"
#include "probes/async/clock.h"
#include "probes/registry.h"

#include <memory>
#include <utility>
#include <vector>

namespace faultline::app {
namespace {

using complaints::AnsweredItem;
using complaints::ItemResult;

// Inside the transaction: each item's fate. The first with an id stands, within one body too.
Result<void> keep(store::Database& db, std::vector<AnsweredItem>& items) {
  for (AnsweredItem& answered : items) {
    if (!answered.item.record) continue;
    const store::StoredComplaint& record = *answered.item.record;
    const auto added = store::add_complaint(db, record);
    if (!added) return tl::make_unexpected(added.error());
    answered.result = ItemResult::accepted;
    if (*added) continue;
    const auto known = store::find_complaint(db, record.id);
    if (!known) return tl::make_unexpected(known.error());
    answered.result =
        *known && complaints::same_content(**known, record) ? ItemResult::repeated : ItemResult::conflict;
  }
  return {};
}

}  // namespace

void Backend::submit_complaints(std::string body, const http::Principal&,
                                http::Reply<http::RawAnswer> reply) {
  const auto intake = std::make_shared<complaints::Intake>(
      complaints::read(body, *topology(), services_.store->customer_key(), wall_now()));
  if (!intake->refusal.empty()) {
    const auto refused = complaints::refusal(intake->status, intake->refusal);
    return reply({refused.status, refused.json, {}});
  }
  const auto items = std::make_shared<std::vector<AnsweredItem>>();
  for (const complaints::IntakeItem& item : intake->items)
    items->push_back({ItemResult::refused, item, std::nullopt});

  services_.store->write(
      [items](store::Database& db) { return keep(db, *items); },
      [this, intake, items, reply = std::move(reply)](Result<void> result) {
        if (!result) {
          const auto refused =
              complaints::refusal(503, "not taken, send it again later: " + result.error().message);
          return reply({refused.status, refused.json, {{"retry-after", "5"}}});
        }
        const Topology& topology = services_.pipeline->topology();
        for (AnsweredItem& item : *items) {
          services_.metrics->complaint(complaints::name(item.result));
          if (item.result == ItemResult::accepted)
            services_.carry_out(services_.pipeline->on(store::to_model(*item.item.record, topology)));
        }
        complaints::Surroundings around;
        around.topology = &topology;
        around.health = [this](EndpointIndex endpoint) { return services_.pipeline->health(endpoint); };
        around.rtt_ms = [this](EndpointIndex endpoint) -> std::optional<double> {
          for (const ProbeKind& kind : probe_kinds())
            if (const Round* round = services_.latest.find(endpoint, index_of(kind));
                round != nullptr && round->packets.received > 0)
              return static_cast<double>(round->rtt.median_ms);
          return std::nullopt;
        };
        around.incident = [this](IncidentNumber number) { return services_.pipeline->incident(number); };
        for (AnsweredItem& item : *items)
          if (item.result == ItemResult::accepted || item.result == ItemResult::repeated)
            item.answer = services_.pipeline->answer(store::to_model(*item.item.record, topology));
        complaints::IntakeReply answered = complaints::reply(intake->is_array, *items, around);
        reply({answered.status, std::move(answered.json), {}});
      });
}

}  // namespace faultline::app
