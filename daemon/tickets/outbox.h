// The durable outbox: what still has to be told to ticket systems. Rows are written in the same job as the
// change they tell of (book.h) and wait in the store; this class decides which of them are sent when and what
// an answer means, with time as data and no I/O (outbox_sender.h does that around it). Promises, per
// connector and ticket:
// - strictly in order: a row is sent only when every earlier one is finished and that is on disk;
// - at least once, with the same idempotency key every time: a kill between delivery and its record on disk,
// or
//   an unknown outcome, sends the same row again;
// - nothing is dropped or coalesced: every change is told. A rejected row stays in the store with its reason
// and
//   lets later ones pass, since each carries the whole ticket; it is not sent again, since that would tell an
//   old state after a newer one.
// After a failure a row waits first_wait × 2^(attempts - 1), at most longest_wait, with a jitter of ±25 %; or
// as long as the other side asked (Retry-After). Main loop only.
#pragma once

#include "daemon/store/outbox.h"
#include "daemon/tickets/connector.h"
#include "rules/model/time.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tickets {

struct OutboxLimits {
  Duration first_wait = std::chrono::seconds(1);
  Duration longest_wait = std::chrono::minutes(2);
  Duration longest_retry_after = std::chrono::hours(1);
  std::size_t lanes_per_connector = 4;  // tickets that are told at the same time
};

class Outbox {
 public:
  Outbox(OutboxLimits limits, std::uint64_t jitter_seed);

  // How many due rows to ask the store for; 0 = no question now: every lane is busy, or one is under way.
  std::size_t rows_wanted(std::string_view connector) const;
  void question_asked(std::string_view connector);
  // The answer: the rows that may be sent now, at most one per ticket, each ticket's lane busy from here to
  // `written`. What the answer cannot know yet (a row finished while the question was under way) is left out.
  std::vector<store::OutboxRow> admit(std::string_view connector, std::vector<store::OutboxRow> due);
  // Rows may have been written since: a question under way may have missed them and is to be asked once more.
  void may_have_grown(std::string_view connector);
  // After admit: whether that question was outdated before it was answered. Asking resets it.
  bool is_outdated(std::string_view connector) const;

  // What the outcome of an attempt makes of the row; this is to be written to the store.
  store::OutboxRow settle(store::OutboxRow row, const DeliveryResult& result, Timestamp now);
  // That is on disk: the ticket's lane is free. If the write failed, write again and do not call this:
  // sending on could put a row before its predecessor after a restart.
  void written(const store::OutboxRow& row);

  std::size_t busy(std::string_view connector) const;

 private:
  struct Lanes {
    std::set<std::string, std::less<>> busy;   // ticket keys
    std::set<std::string, std::less<>> freed;  // while the question was under way
    bool asked = false;
    bool outdated = false;
  };
  Duration wait_after(std::uint32_t attempts);

  OutboxLimits limits_;
  std::mt19937_64 random_;
  std::map<std::string, Lanes, std::less<>> lanes_;
};

}  // namespace faultline::tickets
