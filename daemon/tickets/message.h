// A ticket message as an outbox row and back: what is stored is what is sent.
#pragma once

#include "daemon/store/outbox.h"
#include "daemon/tickets/connector.h"
#include "rules/model/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace faultline::tickets {

store::OutboxRow to_outbox_row(std::string_view connector, Operation operation, const TicketMessage& message);

struct ReadMessage {
  Operation operation = Operation::update;
  TicketMessage message;
};
// Fails on a row that to_outbox_row did not make.
Result<ReadMessage> from_outbox_row(const store::OutboxRow& row);

// {"@type": "FaultlineTicketEvent", "event", "operation", "eventTime", "key", "idempotencyKey", "note",
//  "troubleTicket": {…}}: the payload of a row, and the body that a webhook gets.
std::string payload(Operation operation, const TicketMessage& message);

}  // namespace faultline::tickets
