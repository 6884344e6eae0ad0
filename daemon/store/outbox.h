// Rows of the durable outbox: what must be said to a ticket system, written in the same job as the change
// that it speaks of. The delivery logic (order, back-off, outcome) is in daemon/tickets. Used inside Store's
// jobs.
#pragma once

#include "daemon/store/database.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::store {

// uncertain: sent, but it is not known whether it arrived (search by key before trying again).
enum class OutboxState : std::uint8_t { pending, uncertain, delivered, rejected };
inline constexpr std::array<std::string_view, 4> kOutboxStateNames = {"pending", "uncertain", "delivered",
                                                                      "rejected"};
constexpr std::string_view name(OutboxState state) {
  return kOutboxStateNames[static_cast<std::size_t>(state)];
}
constexpr bool is_finished(OutboxState state) {
  return state >= OutboxState::delivered;
}

struct OutboxRow {
  std::int64_t sequence = 0;  // given by the store, increasing: the order per ticket
  std::string connector;
  std::string ticket_key;
  std::string operation;        // "create", "update", "comment", "resolve", …
  std::string idempotency_key;  // unique per connector
  std::string payload;          // JSON
  OutboxState state = OutboxState::pending;
  std::uint32_t attempts = 0;
  Timestamp created;
  Timestamp next_attempt;
  std::optional<Timestamp> finished;
  std::string last_error;
};

// Returns the sequence, or nothing if the connector has a row with this idempotency key already.
Result<std::optional<std::int64_t>> append_outbox(Database& db, const OutboxRow& row);
// Rows to try now: the oldest unfinished one of every (connector, ticket), if its next_attempt has come; by
// next_attempt, at most `limit`. A later row of a ticket never overtakes an earlier one.
Result<std::vector<OutboxRow>> due_outbox(Database& db, std::string_view connector, Timestamp now,
                                          std::size_t limit);
// When the earliest head of a ticket is due; nothing if the connector has no unfinished row.
Result<std::optional<Timestamp>> next_outbox_attempt(Database& db, std::string_view connector);
// Writes state, attempts, next_attempt, finished and last_error of the row with this sequence.
Result<void> update_outbox(Database& db, const OutboxRow& row);
Result<std::optional<OutboxRow>> find_outbox(Database& db, std::int64_t sequence);
// All rows of a ticket in order, finished ones included while retention keeps them.
Result<std::vector<OutboxRow>> outbox_of_ticket(Database& db, std::string_view ticket_key);

struct OutboxDepth {
  std::string connector;
  std::size_t unfinished = 0;
  std::optional<Timestamp> oldest;  // `created` of the oldest unfinished one
  std::size_t rejected = 0;
};
Result<std::vector<OutboxDepth>> outbox_depths(Database& db);

}  // namespace faultline::store
