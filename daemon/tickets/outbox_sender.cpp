#include "daemon/tickets/outbox_sender.h"

#include "daemon/store/events.h"
#include "daemon/store/tickets.h"
#include "daemon/tickets/message.h"
#include "daemon/tickets/ticket.h"

#include <fmt/core.h>

#include <utility>

namespace faultline::tickets {

namespace {

// The row as it is now, its entry in the event log once it is finished, and the other side's id.
Result<void> record(store::Database& db, const store::OutboxRow& row, const std::string& remote_id,
                    Timestamp now) {
  if (auto done = store::update_outbox(db, row); !done) return done;
  if (!store::is_finished(row.state)) return {};
  const bool delivered = row.state == store::OutboxState::delivered;
  store::Event event;
  event.at = now;
  event.kind = delivered ? "ticket.delivered" : "ticket.rejected";
  event.incident = incident_from_key(row.ticket_key);
  event.subject = fmt::format("{} {}", row.connector, row.idempotency_key);
  event.reason =
      delivered ? fmt::format("{} after {} attempt(s)", row.operation, row.attempts) : row.last_error;
  if (auto logged = store::append_event(db, event); !logged) return tl::make_unexpected(logged.error());
  if (!delivered || remote_id.empty()) return {};
  return store::save_ticket_link(db, {row.connector, row.ticket_key, remote_id, {}, now});
}

void call(TicketConnector& connector, Operation operation, TicketMessage message, DeliveryCallback done) {
  switch (operation) {
    case Operation::create:
      return connector.create(std::move(message), std::move(done));
    case Operation::update:
      return connector.update(std::move(message), std::move(done));
    case Operation::comment:
      return connector.comment(std::move(message), std::move(done));
    case Operation::resolve:
      return connector.resolve(std::move(message), std::move(done));
  }
}

}  // namespace

OutboxSender::OutboxSender(store::Store& db, Outbox outbox, Clock clock, SenderEvents events)
    : db_(db),
      outbox_(std::move(outbox)),
      clock_(std::move(clock)),
      events_(std::move(events)),
      alive_(std::make_shared<bool>(true)) {}

OutboxSender::~OutboxSender() {
  stop();
}

void OutboxSender::stop() {
  alive_.reset();
  for (const auto& connector : connectors_) connector->stop();
}

void OutboxSender::set_connectors(std::vector<std::unique_ptr<TicketConnector>> connectors) {
  for (const auto& old : connectors_) old->stop();
  connectors_ = std::move(connectors);
  // What the old ones had under way gets no answer any more: nobody knows whether it arrived.
  const auto interrupted = std::exchange(in_flight_, {});
  for (const auto& [sequence, row] : interrupted)
    write(outbox_.settle(row, {Delivery::unknown, "interrupted by a reload", std::nullopt, {}}, clock_()),
          {});
  pump();
}

std::vector<std::string> OutboxSender::connector_names() const {
  std::vector<std::string> names;
  for (const auto& connector : connectors_) names.push_back(connector->name());
  return names;
}

TicketConnector* OutboxSender::find(std::string_view name) const {
  for (const auto& connector : connectors_)
    if (connector->name() == name) return connector.get();
  return nullptr;
}

void OutboxSender::pump() {
  if (!alive_) return;
  auto again = std::exchange(unwritten_, {});
  for (Unwritten& late : again) write(std::move(late.row), std::move(late.remote_id));
  for (const std::string& connector : connector_names()) {
    outbox_.may_have_grown(connector);
    if (outbox_.rows_wanted(connector) > 0) ask(connector);
  }
}

void OutboxSender::ask(const std::string& connector) {
  const std::size_t limit = outbox_.rows_wanted(connector) + outbox_.busy(connector);
  outbox_.question_asked(connector);
  const Timestamp now = clock_();
  db_.query(
      [connector, now, limit](store::Database& db) { return store::due_outbox(db, connector, now, limit); },
      [this, connector, alive = std::weak_ptr(alive_)](Result<std::vector<store::OutboxRow>> rows) {
        if (alive.lock()) answered(connector, std::move(rows));
      });
}

void OutboxSender::answered(const std::string& connector, Result<std::vector<store::OutboxRow>> rows) {
  if (!rows && events_.store_trouble) events_.store_trouble(rows.error().message);
  std::vector<store::OutboxRow> due;
  if (rows) due = std::move(*rows);
  for (store::OutboxRow& row : outbox_.admit(connector, std::move(due))) send(std::move(row));
  if (outbox_.is_outdated(connector) && outbox_.rows_wanted(connector) > 0) ask(connector);
}

void OutboxSender::send(store::OutboxRow row) {
  TicketConnector* connector = find(row.connector);
  auto read = from_outbox_row(row);
  if (connector == nullptr)
    return finish(std::move(row), {Delivery::retry_later, "not configured", std::nullopt, {}});
  if (!read) return finish(std::move(row), {Delivery::rejected, read.error().message, std::nullopt, {}});
  const std::int64_t sequence = row.sequence;
  const bool search_first = row.state == store::OutboxState::uncertain &&
                            read->operation == Operation::create && connector->can_search();
  in_flight_.insert_or_assign(sequence, std::move(row));
  const std::weak_ptr<bool> alive = alive_;
  auto done = [this, sequence, alive](DeliveryResult result) {
    if (!alive.lock()) return;
    auto sent = in_flight_.extract(sequence);
    if (!sent.empty()) finish(std::move(sent.mapped()), std::move(result));
  };
  if (!search_first) return call(*connector, read->operation, std::move(read->message), std::move(done));
  connector->find(read->message.key, [this, alive, connector_name = connector->name(), done,
                                      message = read->message](FindResult found) {
    if (!alive.lock()) return;
    if (found.call.outcome != Delivery::done) {
      found.call.outcome = Delivery::unknown;  // the question of the create is as open as before
      return done(std::move(found.call));
    }
    if (!found.tickets.empty())
      return done({Delivery::done, {}, std::nullopt, found.tickets.front().remote_id});
    TicketConnector* still = find(connector_name);
    if (still != nullptr) still->create(message, done);
  });
}

void OutboxSender::finish(store::OutboxRow row, DeliveryResult result) {
  store::OutboxRow settled = outbox_.settle(std::move(row), result, clock_());
  count(settled, result);
  write(std::move(settled), std::move(result.remote_id));
}

void OutboxSender::write(store::OutboxRow row, std::string remote_id) {
  auto kept = std::make_shared<Unwritten>(Unwritten{std::move(row), std::move(remote_id)});
  db_.write(
      [kept, now = clock_()](store::Database& db) { return record(db, kept->row, kept->remote_id, now); },
      [this, kept, alive = std::weak_ptr(alive_)](Result<void> done) {
        if (!alive.lock()) return;
        if (!done) {
          if (events_.store_trouble) events_.store_trouble(done.error().message);
          unwritten_.push_back(std::move(*kept));
          return;
        }
        outbox_.written(kept->row);
        if (find(kept->row.connector) != nullptr && outbox_.rows_wanted(kept->row.connector) > 0)
          ask(kept->row.connector);
      });
}

void OutboxSender::count(const store::OutboxRow& row, const DeliveryResult& result) {
  SenderCounters& counters = counters_[row.connector];
  bool& trouble = in_trouble_[row.connector];
  const bool failed = result.outcome == Delivery::retry_later || result.outcome == Delivery::unknown;
  switch (result.outcome) {
    case Delivery::done:
      ++counters.delivered;
      break;
    case Delivery::retry_later:
      ++counters.retried;
      break;
    case Delivery::unknown:
      ++counters.unknown;
      break;
    case Delivery::rejected:
      ++counters.rejected;
      if (events_.rejected) events_.rejected(row);
      break;
  }
  if (failed && !trouble && events_.trouble_began) events_.trouble_began(row.connector, result.reason);
  if (!failed && trouble && events_.trouble_ended) events_.trouble_ended(row.connector);
  trouble = failed;
}

}  // namespace faultline::tickets
