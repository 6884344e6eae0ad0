#include "probes/session/modemmanager.h"

#include "probes/async/cancellation.h"
#include "probes/async/deadline.h"
#include "probes/session/carrier_values.h"
#include "probes/session/modem_bus.h"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace faultline::session {
namespace {

namespace asio = boost::asio;

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "30s", 1, 86'400, "", "time between two measurements"},
    OptionSpec{"timeout", OptionType::duration, "5s", 0.1, 60, "", "how long ModemManager may take"},
    OptionSpec{"bus", OptionType::text, "unix:path=/run/dbus/system_bus_socket", 0, 0, "",
               "address of the D-Bus that ModemManager is on"},
    OptionSpec{
        "refresh", OptionType::duration, "10s", 0, 3'600, "",
        "how often ModemManager is told to read the signal, if nobody has told it; 0s: it is left alone"},
};

// "/dev/ttyUSB2" is the port "ttyUSB2" there; also a sysfs path or an IMEI.
const BusModem* find(const std::vector<BusModem>& modems, std::string_view device) {
  constexpr std::string_view kDev = "/dev/";
  const std::string_view port = device.starts_with(kDev) ? device.substr(kDev.size()) : device;
  const auto is_it = [&](const BusModem& modem) {
    return std::any_of(modem.names.begin(), modem.names.end(),
                       [&](const std::string& name) { return name == device || name == port; });
  };
  const auto found = std::find_if(modems.begin(), modems.end(), is_it);
  return found == modems.end() ? nullptr : &*found;
}

void judge(const BusModem& modem, Round& round) {
  using wire::ModemRegistration;
  const ModemRegistration registration = modem.signal.registration;
  const bool is_registered = registration == ModemRegistration::registered;
  const bool is_known = registration != ModemRegistration::unknown;
  if (const wire::CarrierSignal* serving = modem.signal.serving()) {
    add_values(round, *serving);
    round.outcome = Outcome::ok;
    if (is_known && !is_registered) round.reason = OutcomeReason::not_registered;
  } else if (is_known && !is_registered) {
    round.outcome = Outcome::unreachable;
    round.reason = OutcomeReason::not_registered;
  } else {  // a network, and no value read yet
    round.reason = OutcomeReason::no_value;
  }
}

void judge(BusTrouble trouble, bool timed_out, Round& round) {
  switch (trouble) {
    case BusTrouble::no_bus:
      round.reason = timed_out ? OutcomeReason::source_silent : OutcomeReason::device_gone;
      return;
    case BusTrouble::no_manager:
      round.reason = OutcomeReason::source_silent;
      return;
    case BusTrouble::denied:
      round.reason = OutcomeReason::error_answer;
      return;
    default:
      round.outcome = Outcome::malformed;
  }
}

void tell_facts(const SessionTarget& target, const BusModem& modem) {
  note_fact(target, "modem", fmt::format("{} {}, IMEI {}", modem.maker, modem.model, modem.imei));
  if (!modem.operator_name.empty()) note_fact(target, "operator", modem.operator_name);
}

class ModemManagerProbe : public SessionProbe {
 public:
  explicit ModemManagerProbe(const ProbeOptions& options)
      : bus_(options.text("bus")), refresh_(options.duration("refresh")) {}

  asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override {
    Round round;
    round.endpoint = target.endpoint;
    co_await asio::this_coro::throw_if_cancelled(false);  // an outcome, not an exception
    const auto executor = co_await asio::this_coro::executor;
    ModemBus bus(executor, bus_);
    const Deadline deadline(executor, time_limit, [&bus] { bus.close(); });
    std::vector<BusModem> modems;
    const BusTrouble trouble = co_await bus.list(modems);
    const BusModem* modem = find(modems, target.device);
    if (modem != nullptr && modem->refresh_s == 0 && refresh_.count() > 0) {
      // Its first values are there at the next measurement. A refusal shows as values that never come.
      const auto seconds = std::max(1U, static_cast<std::uint32_t>(to_seconds(refresh_)));
      co_await bus.set_refresh(modem->path, seconds);
    }
    const bool cancelled = co_await is_cancelled();
    if (cancelled) {
      round.reason = OutcomeReason::cancelled;
    } else if (trouble != BusTrouble::none) {
      judge(trouble, deadline.expired(), round);
    } else if (modem == nullptr) {
      round.reason = OutcomeReason::device_gone;
    } else {
      judge(*modem, round);
      tell_facts(target, *modem);
    }
    co_return round;
  }

 private:
  std::string bus_;
  Duration refresh_;
};

}  // namespace

std::span<const OptionSpec> modemmanager_options() {
  return kOptions;
}
std::span<const Metric> modemmanager_metrics() {
  return kCarrierMetrics;
}
std::unique_ptr<SessionProbe> make_modemmanager_probe(const ProbeOptions& options) {
  return std::make_unique<ModemManagerProbe>(options);
}

}  // namespace faultline::session
