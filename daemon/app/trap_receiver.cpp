#include "daemon/app/trap_receiver.h"

#include "daemon/alarms/traps.h"
#include "probes/async/clock.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace faultline::app {
namespace {

bool is_same_secret(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Result<std::unique_ptr<TrapReceiver>> TrapReceiver::open(const boost::asio::any_io_executor& executor,
                                                         Services& services) {
  const auto& listen = services.setup.config.traps.listen;
  if (!listen) return nullptr;
  std::unique_ptr<TrapReceiver> receiver(new TrapReceiver(services));
  auto port = session::SnmpTrapPort::open(
      executor, listen->address, listen->port,
      [taker = receiver.get()](const session::SnmpTrap& trap) { taker->take(trap); });
  if (!port) return tl::make_unexpected(port.error());
  receiver->port_ = std::move(*port);
  spdlog::info("traps.listening address={} port={}", listen->address, receiver->port_->port());
  return receiver;
}

void TrapReceiver::take(const session::SnmpTrap& trap) {
  const Timestamp now = wall_now();
  const std::string about = fmt::format("{} of {}", session::oid_text(trap.oid), trap.agent);
  if (!is_same_secret(trap.community, services_.setup.config.traps.community))
    return services_.alarms->refuse(alarms::Source::trap, about + " (another community)");
  if (is_too_much(now))
    return services_.alarms->refuse(alarms::Source::trap, about + " (above alarms.traps.rate_per_second)");
  auto report = alarms::read_trap(trap, services_.setup.config.alarms.traps, now);
  if (!report)
    return services_.alarms->refuse(alarms::Source::trap, about + " (no pair of alarms.traps.pairs has it)");
  std::vector<alarms::Report> reports;
  reports.push_back(std::move(*report));
  services_.alarms->submit(std::move(reports),
                           [this](const std::vector<alarms::Fate>&, const Result<void>& stored) {
                             if (!stored) services_.metrics->store_error();
                           });
}

bool TrapReceiver::is_too_much(Timestamp now) {
  if (now - second_ >= std::chrono::seconds(1) || now < second_) {
    second_ = now;
    taken_ = 0;
  }
  return ++taken_ > services_.setup.config.traps.rate_per_second;
}

}  // namespace faultline::app
