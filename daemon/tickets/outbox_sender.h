// The outbox's I/O: asks the store for due rows, hands them to connectors, writes down what became of them.
// All decisions are Outbox's. Call pump() after a commit that appended rows and at least once a second;
// everything runs on the main loop, where the store posts its answers and connectors call back.
#pragma once

#include "daemon/store/store.h"
#include "daemon/tickets/connector.h"
#include "daemon/tickets/outbox.h"
#include "rules/model/time.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::tickets {

struct SenderCounters {  // since the start, per connector
  std::uint64_t delivered = 0, retried = 0, rejected = 0, unknown = 0;
};

struct SenderEvents {  // for the log; any may be empty
  // A connector's deliveries began to fail, or work again. Called at the change only.
  std::function<void(std::string_view connector, std::string_view reason)> trouble_began;
  std::function<void(std::string_view connector)> trouble_ended;
  std::function<void(const store::OutboxRow& row)> rejected;
  // The store did not take or give a row; it is tried again at the next pump().
  std::function<void(std::string_view reason)> store_trouble;
};

class OutboxSender {
 public:
  // Give one that does not step (the wall clock at the start plus a steady one): waits go by it.
  using Clock = std::function<Timestamp()>;
  // `db` must outlive the sender. Rows of connectors that are not in the list wait in the store.
  OutboxSender(store::Store& db, Outbox outbox, Clock clock, SenderEvents events = {});
  ~OutboxSender();
  OutboxSender(const OutboxSender&) = delete;
  OutboxSender& operator=(const OutboxSender&) = delete;

  // Replaces the connectors: the old ones are stopped, and what was under way there is sent again.
  void set_connectors(std::vector<std::unique_ptr<TicketConnector>> connectors);
  // For tell() of book.h.
  std::vector<std::string> connector_names() const;
  void pump();
  // No callback of the sender's runs any more after this.
  void stop();

  const std::map<std::string, SenderCounters, std::less<>>& counters() const { return counters_; }

 private:
  void ask(const std::string& connector);
  void answered(const std::string& connector, Result<std::vector<store::OutboxRow>> rows);
  void send(store::OutboxRow row);
  void finish(store::OutboxRow row, DeliveryResult result);
  void write(store::OutboxRow row, std::string remote_id);
  void count(const store::OutboxRow& row, const DeliveryResult& result);
  TicketConnector* find(std::string_view name) const;

  struct Unwritten {
    store::OutboxRow row;
    std::string remote_id;
  };
  store::Store& db_;
  Outbox outbox_;
  Clock clock_;
  SenderEvents events_;
  std::vector<std::unique_ptr<TicketConnector>> connectors_;
  std::deque<Unwritten> unwritten_;
  std::map<std::string, SenderCounters, std::less<>> counters_;
  std::map<std::string, bool, std::less<>> in_trouble_;
  std::map<std::int64_t, store::OutboxRow> in_flight_;
  std::shared_ptr<bool> alive_;  // its end makes every open callback a no-op
};

}  // namespace faultline::tickets
