#include "daemon/app/deliveries.h"

#include "daemon/store/outbox.h"
#include "daemon/store/tickets.h"
#include "daemon/tickets/ticket.h"
#include "daemon/tickets/webhook.h"
#include "probes/async/clock.h"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace faultline::app {
namespace {

tickets::SenderEvents log_events() {
  tickets::SenderEvents events;
  events.trouble_began = [](std::string_view connector, std::string_view reason) {
    spdlog::warn("delivery.trouble connector={} reason=\"{}\" action=\"tried again, in order\"", connector,
                 reason);
  };
  events.trouble_ended = [](std::string_view connector) {
    spdlog::info("delivery.works connector={}", connector);
  };
  events.rejected = [](const store::OutboxRow& row) {
    spdlog::error("delivery.rejected connector={} ticket={} reason=\"{}\"", row.connector, row.ticket_key,
                  row.last_error);
  };
  events.store_trouble = [](std::string_view reason) {
    spdlog::error("delivery.store reason=\"{}\"", reason);
  };
  return events;
}

struct Waiting {
  std::vector<store::OutboxDepth> depths;
  std::map<std::string, double> tickets;
};

Result<Waiting> count_waiting(store::Database& db) {
  Waiting waiting;
  auto depths = store::outbox_depths(db);
  if (!depths) return tl::make_unexpected(depths.error());
  waiting.depths = std::move(*depths);
  for (const std::string_view status : tickets::kStatusNames) {
    store::TicketFilter filter;
    filter.statuses = {std::string(status)};
    filter.limit = 1;
    const auto page = store::list_tickets(db, filter);
    if (!page) return tl::make_unexpected(page.error());
    waiting.tickets[filter.statuses.front()] = static_cast<double>(page->total);
  }
  return waiting;
}

}  // namespace

Deliveries::Deliveries(boost::asio::io_context& io, Services& services)
    : io_(io),
      services_(services),
      sender_(*services.store, tickets::Outbox({}, std::random_device{}()), wall_now, log_events()) {}

Result<void> Deliveries::configure(const config::Config& config) {
  std::vector<std::unique_ptr<tickets::TicketConnector>> connectors;
  for (const config::WebhookConfig& webhook : config.webhooks) {
    tickets::WebhookSettings settings;
    settings.name = webhook.name;
    settings.url = webhook.url;
    settings.secret = webhook.secret;
    auto made = tickets::make_webhook(io_, std::move(settings), wall_now);
    if (!made) return fail(fmt::format("webhook {}: {}", webhook.name, made.error().message));
    connectors.push_back(std::move(*made));
  }
  sender_.set_connectors(std::move(connectors));
  services_.bookkeeper->set_connectors(sender_.connector_names());
  return {};
}

void Deliveries::pump() {
  sender_.pump();
  // Counters of the metrics grow by what has come since the last look.
  for (const auto& [connector, now] : sender_.counters()) {
    tickets::SenderCounters& before = counted_[connector];
    const std::pair<std::string_view, std::uint64_t> grown[] = {{"done", now.delivered - before.delivered},
                                                                {"retry_later", now.retried - before.retried},
                                                                {"rejected", now.rejected - before.rejected},
                                                                {"unknown", now.unknown - before.unknown}};
    for (const auto& [result, count] : grown)
      for (std::uint64_t i = 0; i < count; ++i) services_.metrics->delivery(connector, result);
    before = now;
  }
}

void Deliveries::look() {
  if (std::exchange(looking_, true)) return;
  services_.store->query(count_waiting, [this](Result<Waiting> waiting) {
    looking_ = false;
    if (!waiting) return;
    services_.tickets_by_status = std::move(waiting->tickets);
    services_.outbox_depth = 0;
    services_.outbox_oldest_age_seconds = 0;
    for (const store::OutboxDepth& depth : waiting->depths) {
      services_.outbox_depth += static_cast<double>(depth.unfinished);
      if (depth.oldest)
        services_.outbox_oldest_age_seconds =
            std::max(services_.outbox_oldest_age_seconds, to_seconds(wall_now() - *depth.oldest));
    }
  });
}

void Deliveries::stop() {
  sender_.stop();
}

}  // namespace faultline::app
