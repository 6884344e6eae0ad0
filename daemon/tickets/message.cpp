#include "daemon/tickets/message.h"

#include "daemon/json/json_text.h"
#include "daemon/tickets/tmf_document.h"
#include "rules/model/time_text.h"

#include <boost/json.hpp>
#include <fmt/core.h>

namespace faultline::tickets {

namespace json = boost::json;

std::string payload(Operation operation, const TicketMessage& message) {
  boost::system::error_code error;
  json::value ticket = json::parse(message.document, error);
  if (error) ticket = nullptr;
  return to_text(json::object{{"@type", "FaultlineTicketEvent"},
                              {"event", message.event},
                              {"operation", name(operation)},
                              {"eventTime", rfc3339(message.at)},
                              {"key", message.key},
                              {"idempotencyKey", message.idempotency_key},
                              {"note", message.note},
                              {"troubleTicket", std::move(ticket)}});
}

store::OutboxRow to_outbox_row(std::string_view connector, Operation operation,
                               const TicketMessage& message) {
  store::OutboxRow row;
  row.connector = connector;
  row.ticket_key = message.key;
  row.operation = name(operation);
  row.idempotency_key = message.idempotency_key;
  row.payload = payload(operation, message);
  row.created = message.at;
  row.next_attempt = Timestamp{};  // at once, also when the clock is set back
  return row;
}

Result<ReadMessage> from_outbox_row(const store::OutboxRow& row) {
  ReadMessage read;
  const auto operation = operation_from_name(row.operation);
  boost::system::error_code error;
  const json::value body = json::parse(row.payload, error);
  if (!operation || error || !body.is_object() || !body.get_object().contains("troubleTicket"))
    return fail(
        fmt::format("outbox row {}: not a ticket event (operation \"{}\")", row.sequence, row.operation));
  const json::object& event = body.get_object();
  const auto at = parse_rfc3339(text_of(event, "eventTime"));
  if (!at) return fail(fmt::format("outbox row {}: eventTime is no time", row.sequence));
  read.operation = *operation;
  read.message = {row.ticket_key,
                  row.idempotency_key,
                  std::string(text_of(event, "event")),
                  *at,
                  to_text(event.at("troubleTicket")),
                  std::string(text_of(event, "note"))};
  return read;
}

}  // namespace faultline::tickets
