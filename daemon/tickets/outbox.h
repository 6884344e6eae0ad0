// The durable outbox: what still has to be told to ticket systems. Rows are written in the same transaction
// as the change they tell of; this class decides what is sent when, with time as data and no I/O
// (outbox_sender.h does that around it). Promises, per connector and ticket:
// - strictly in order: a row is sent only when every earlier one is done or parked and that is on disk;
// - at least once, and with the same idempotency key every time: a kill between delivery and its record on
//   disk, or an unknown outcome, sends the same row again;
// - nothing is dropped or merged: no coalescing. A rejected row is parked with its reason, stays visible, and
//   lets later rows pass, since each carries the whole ticket.
// After a failure a row waits base × 2^n with a jitter of ±25 %, at most the longest wait, or as long as the
// other side asked (Retry-After, at most an hour). One thread.
#pragma once

#include "daemon/tickets/book.h"
#include "daemon/tickets/connector.h"
#include "rules/model/time.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tickets {

using OutboxRowId = std::int64_t;  // rises with every row written: the order of telling

struct OutboxRow {
  OutboxRowId id = 0;
  std::string connector;
  Operation operation = Operation::update;
  TicketMessage message;
  Timestamp written;
  std::uint32_t attempts = 0;
  std::optional<Timestamp> next_attempt;  // nothing = at once
  bool uncertain = false;                 // the last attempt's outcome is unknown
  bool parked = false;
  std::string last_reason;
};

// What must be on disk before the row's successors may go.
struct OutboxUpdate {
  OutboxRowId id = 0;
  bool done = false;  // delete the row; else write the fields below
  std::uint32_t attempts = 0;
  std::optional<Timestamp> next_attempt;
  bool uncertain = false;
  bool parked = false;
  std::string last_reason;
};

struct OutboxLimits {
  Duration first_wait = std::chrono::seconds(1);
  Duration longest_wait = std::chrono::minutes(2);
  Duration longest_retry_after = std::chrono::hours(1);
  std::size_t in_flight_per_connector = 4;
};

struct OutboxStats {
  std::size_t depth = 0;  // rows not done and not parked
  std::size_t parked = 0;
  std::size_t in_flight = 0;
  Duration oldest_age{};  // of the oldest row in `depth`; 0 if none
};

class Outbox {
 public:
  Outbox(OutboxLimits limits, std::uint64_t jitter_seed);

  // Rows just committed, or (at the start) all that the store has, in order of id. A known id is ignored.
  void add(OutboxRow row);
  // Rows to send now, each marked as in flight until `on_result`.
  std::vector<const OutboxRow*> take_due(Timestamp now);
  // What the answer to an in-flight row means. The row stays blocked until `on_written`.
  OutboxUpdate on_result(OutboxRowId id, const DeliveryResult& result, Timestamp now);
  void on_written(OutboxRowId id);
  // An operator's wish: a parked row is tried again. Nothing if there is no such row.
  std::optional<OutboxUpdate> unpark(OutboxRowId id);
  // Rows of a connector that is no longer configured stay and wait; they count in `stats` of that name.
  OutboxStats stats(std::string_view connector, Timestamp now) const;
  OutboxStats stats(Timestamp now) const;
  std::vector<const OutboxRow*> parked() const;
  const OutboxRow* find(OutboxRowId id) const;
  // When take_due may have something new; nothing = only after add, on_written.
  std::optional<Timestamp> next_due() const;
  // Only these connectors' rows are sent.
  void set_connectors(std::vector<std::string> names);

 private:
  enum class Phase : std::uint8_t { waiting, in_flight, writing };
  struct Entry {
    OutboxRow row;
    Phase phase = Phase::waiting;
    bool leaving = false;  // done: gone once that is written
  };
  struct Lane {  // one connector's rows of one ticket, oldest first; only the front may be sent
    std::deque<OutboxRowId> rows;
  };
  using LaneKey = std::pair<std::string, std::string>;  // connector, ticket key

  Duration wait_after(std::uint32_t attempts, const DeliveryResult& result);
  Entry& entry(OutboxRowId id);
  void leave_lane(const OutboxRow& row);
  bool is_configured(std::string_view connector) const;

  OutboxLimits limits_;
  std::mt19937_64 random_;
  std::map<OutboxRowId, Entry> entries_;
  std::map<LaneKey, Lane> lanes_;
  std::map<std::string, std::size_t, std::less<>> in_flight_;
  std::vector<std::string> connectors_;
};

}  // namespace faultline::tickets
