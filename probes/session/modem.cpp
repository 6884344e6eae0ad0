#include "probes/session/modem.h"

#include "probes/async/deadline.h"
#include "probes/wire/modem_signal.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace faultline::session {
namespace {

namespace asio = boost::asio;
using Port = asio::posix::stream_descriptor;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostAnswerBytes = 8192;

constexpr std::array kOptions = {
    OptionSpec{"interval", OptionType::duration, "30s", 1, 86'400, "", "time between two measurements"},
    OptionSpec{"timeout", OptionType::duration, "5s", 0.1, 60, "",
               "how long a modem may take for all its answers"},
    OptionSpec{"command", OptionType::choice, "auto", 0, 0, "auto cesq qeng",
               "auto asks +QENG first and +CESQ for what it left open"},
    OptionSpec{
        "lte_sinr_scale", OptionType::choice, "db", 0, 0, "db index",
        "how +QENG gives the LTE SINR: in dB, or as an index X with dB = 2X - 20; differs by firmware"},
};
constexpr std::array kMetrics = {Metric::rsrp_dbm, Metric::rsrq_db, Metric::sinr_db, Metric::rssi_dbm};

// Opens the port raw, 8N1, without becoming its controlling terminal and without waiting for a carrier. What
// is no terminal is refused, so that a mistaken path is never written to.
int open_port(const std::string& device) {
  const int fd = open(device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  termios settings{};
  if (tcgetattr(fd, &settings) != 0) {
    close(fd);
    return -1;
  }
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  cfsetspeed(&settings, B115200);
  tcsetattr(fd, TCSANOW, &settings);
  tcflush(fd, TCIFLUSH);  // what came unasked before
  return fd;
}

enum class Exchange : std::uint8_t { answered, refused, endless, broken };

struct Answer {
  Exchange exchange = Exchange::broken;
  std::string text;  // whole lines only: half a number would be another number
};

asio::awaitable<bool> is_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

// Sends one command and reads until its result line, which must come before the deadline closes the port.
asio::awaitable<Answer> ask(Port& port, std::string_view command) {
  Answer answer;
  const std::string line = std::string(command) + "\r";
  const auto out = asio::buffer(line);
  const auto [write_error, written] = co_await asio::async_write(port, out, kToken);
  if (write_error) co_return answer;
  std::array<char, 512> bytes{};
  const auto in = asio::buffer(bytes);
  for (;;) {
    // A cancellation that came between two waits would not end the second.
    if (const bool cancelled = co_await is_cancelled(); cancelled) break;
    const auto [error, count] = co_await port.async_read_some(in, kToken);
    if (error) break;
    answer.text.append(bytes.data(), count);
    const auto result = wire::at_result(answer.text);
    if (result == wire::AtResult::ok) answer.exchange = Exchange::answered;
    if (result == wire::AtResult::error) answer.exchange = Exchange::refused;
    if (answer.text.size() >= kMostAnswerBytes && result == wire::AtResult::unfinished)
      answer.exchange = Exchange::endless;
    if (answer.exchange != Exchange::broken) break;
  }
  answer.text.resize(answer.text.find_last_of("\r\n") + 1);  // npos + 1 is 0
  co_return answer;
}

void add(Round& round, const wire::CarrierSignal& carrier) {
  round.add(Metric::rsrp_dbm, carrier.rsrp_dbm.value_or(kNoValue));
  round.add(Metric::rsrq_db, carrier.rsrq_db.value_or(kNoValue));
  round.add(Metric::sinr_db, carrier.sinr_db.value_or(kNoValue));
  round.add(Metric::rssi_dbm, carrier.rssi_dbm.value_or(kNoValue));
}

// The better of the two answers: QENG where it has values, else CESQ; the registration from where it is
// known.
void judge(const std::optional<wire::ModemSignal>& qeng, const std::optional<wire::ModemSignal>& cesq,
           bool any_answer, Round& round) {
  const auto registration = qeng ? qeng->registration : wire::ModemRegistration::unknown;
  for (const auto* signal : {&qeng, &cesq}) {
    if (!*signal || !(*signal)->has_values()) continue;
    add(round, *(*signal)->serving());
    round.outcome = Outcome::ok;
    if (registration == wire::ModemRegistration::limited) round.reason = OutcomeReason::not_registered;
    return;
  }
  if (registration == wire::ModemRegistration::registered) {  // a network, but no value that is known
    round.outcome = Outcome::malformed;
  } else if (qeng || cesq) {  // a modem that answers well and sees no cell
    round.outcome = Outcome::unreachable;
    round.reason = OutcomeReason::not_registered;
  } else {
    round.outcome = any_answer ? Outcome::malformed : Outcome::refused;
  }
}

class ModemProbe : public SessionProbe {
 public:
  explicit ModemProbe(const ProbeOptions& options)
      : command_(options.text("command")),
        sinr_scale_(options.text("lte_sinr_scale") == "index" ? wire::LteSinrScale::index
                                                              : wire::LteSinrScale::db) {}

  asio::awaitable<Round> run(SessionTarget target, Duration time_limit) override {
    Round round;
    round.endpoint = target.endpoint;
    co_await asio::this_coro::throw_if_cancelled(
        false);  // a cancelled exchange is an outcome, not an exception
    const auto executor = co_await asio::this_coro::executor;
    const int fd = open_port(target.device);
    if (fd < 0) {
      round.reason = OutcomeReason::device_gone;
      co_return round;
    }
    Port port(executor, fd);
    const Deadline deadline(executor, time_limit, [&port] { port.close(); });
    bool answered = false, broken = false, endless = false;
    std::optional<wire::ModemSignal> qeng, cesq;
    // An answer that never ends, or is no answer at all, leaves `broken`; what was read before is still worth
    // something.
    if (command_ != "cesq") {
      const Answer answer = co_await ask(port, "AT+QENG=\"servingcell\"");
      answered = answer.exchange == Exchange::answered || answer.exchange == Exchange::endless;
      broken = answer.exchange == Exchange::broken;
      endless = answer.exchange == Exchange::endless;
      qeng = wire::parse_qeng(answer.text, sinr_scale_);
    }
    const bool enough = command_ == "qeng" || broken || endless || (qeng && qeng->has_values());
    if (!enough) {
      const Answer answer = co_await ask(port, "AT+CESQ");
      answered = answered || answer.exchange == Exchange::answered || answer.exchange == Exchange::endless;
      broken = answer.exchange == Exchange::broken;
      cesq = wire::parse_cesq(answer.text);
    }
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      round.reason = OutcomeReason::cancelled;
      co_return round;
    }
    judge(qeng, cesq, answered, round);
    if (broken && round.outcome != Outcome::ok) {
      round.outcome = deadline.expired() ? Outcome::timed_out : Outcome::not_measured;
      round.reason = deadline.expired() ? OutcomeReason::none : OutcomeReason::device_gone;
    }
    co_return round;
  }

 private:
  std::string command_;
  wire::LteSinrScale sinr_scale_;
};

}  // namespace

std::span<const OptionSpec> modem_options() {
  return kOptions;
}
std::span<const Metric> modem_metrics() {
  return kMetrics;
}
std::unique_ptr<SessionProbe> make_modem_probe(const ProbeOptions& options) {
  return std::make_unique<ModemProbe>(options);
}

}  // namespace faultline::session
