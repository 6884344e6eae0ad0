// The ticket systems: makes connectors from the configuration, drives the outbox's sender, and counts what
// waits. Main loop only.
#pragma once

#include "daemon/app/services.h"
#include "daemon/tickets/outbox_sender.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace faultline::app {

class Deliveries {
 public:
  // `services.store` must be open; it and `services` must outlive this.
  Deliveries(boost::asio::io_context& io, Services& services);

  // Connectors as configured from now on. The error names the one that cannot be.
  Result<void> configure(const config::Config& config);
  // Sends what is due. After each commit, and once a second.
  void pump();
  // Reads how much waits and what the book holds into `services`, for the gauges. Once a second.
  void look();
  void stop();

 private:
  boost::asio::io_context& io_;
  Services& services_;
  tickets::OutboxSender sender_;
  std::map<std::string, tickets::SenderCounters, std::less<>> counted_;
  bool looking_ = false;
};

}  // namespace faultline::app
