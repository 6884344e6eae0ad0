// Carries the rules' actions to disk: incidents, degradations, attachments, events, the ticket book and the
// outbox, all that belongs together in one transaction, in order, and again until it has worked. Main loop
// only.
//
// What the database refuses for its own sake (not for a full disk and the like) would be refused for ever and
// hold up all that comes after it: such a job is left out, told aloud and noted as the event "record.lost".
//
// At most one transaction is on its way; what is decided meanwhile goes into the next. So the order of the
// rules is the order on disk, and a disk that is full or slow delays but never loses or reorders.
#pragma once

#include "daemon/store/store.h"
#include "rules/model/action.h"
#include "rules/model/topology.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace faultline::app {

class Bookkeeper {
 public:
  struct Hooks {
    std::function<void()> committed;                         // outbox rows may have been added
    std::function<void(const std::string& message)> failed;  // a transaction failed; it is tried again
    std::function<void(const std::string& message)> lost;    // a job was refused for good and left out
  };
  Bookkeeper(boost::asio::io_context& io, store::Store& store, Hooks hooks);
  ~Bookkeeper();

  // Ticket systems that are told of changes from now on.
  void set_connectors(std::vector<std::string> names);

  // Bursts are not its business and passed over.
  void record(const Actions& actions, const Topology& topology);
  // An event of the daemon itself: "config.reloaded", "daemon.started", …
  void record_event(Timestamp at, std::string kind, std::string subject, std::string reason);

  // Jobs not on disk yet; 0 when all is.
  std::size_t pending() const;
  // Whether the last transaction failed.
  bool in_trouble() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace faultline::app
