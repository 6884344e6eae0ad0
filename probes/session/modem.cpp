#include "probes/session/modem.h"

#include "probes/async/cancellation.h"
#include "probes/async/deadline.h"
#include "probes/session/carrier_values.h"
#include "probes/wire/modem_dialects.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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
    OptionSpec{"command", OptionType::choice, "auto", 0, 0, "auto qeng hcsq rfsts smoni xcesq qcsq cesq csq",
               "what asks for the signal; auto goes by the modem's maker, and falls back to +CESQ and +CSQ"},
    OptionSpec{
        "lte_sinr_scale", OptionType::choice, "db", 0, 0, "db index",
        "how +QENG gives the LTE SINR: in dB, or as an index X with dB = 2X - 20; differs by firmware"},
};
constexpr std::string_view kMaker = "AT+CGMI", kModel = "AT+CGMM", kImei = "AT+CGSN", kOperator = "AT+COPS?";

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

// Sends one command and reads until its result line, which must come before the deadline closes the port.
asio::awaitable<Answer> ask(Port& port, const SessionTarget& target, std::string_view command) {
  Answer answer;
  note_exchange(target, ">", command);
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
  note_exchange(target, "<", answer.text);
  co_return answer;
}

// The network that the serving carrier is of is the one whose registration counts.
std::string_view registration_command(const wire::ModemSignal& signal) {
  if (signal.serving() == nullptr) return "AT+CREG?";
  if (signal.serving() == (signal.nr ? &*signal.nr : nullptr)) return "AT+C5GREG?";
  return signal.serving() == (signal.lte ? &*signal.lte : nullptr) ? "AT+CEREG?" : "AT+CREG?";
}

// Where it is served, as far as the maker's command says so: "LTE cell 187, channel 1850, band 3".
std::string cell_text(const wire::ModemSignal& signal) {
  const wire::CarrierSignal* serving = signal.serving();
  if (serving == nullptr || !serving->physical_cell_id) return "";
  const bool is_nr = signal.nr && serving == &*signal.nr;
  std::string text = fmt::format("{} cell {}", is_nr ? "NR" : "LTE", *serving->physical_cell_id);
  if (serving->channel) text += fmt::format(", channel {}", *serving->channel);
  if (serving->band) text += fmt::format(", band {}", *serving->band);
  return text;
}

// What came of all the questions to one modem.
struct Talk {
  bool any_answer = false;  // to a question for the signal, whatever it said
  bool is_over = false;     // nothing more can be asked
  Exchange last = Exchange::broken;
  std::optional<wire::ModemSignal> signal;

  bool has_values() const { return signal && signal->has_values(); }
  // An answer that never ends, or is none at all, is the last; what was read before is still worth something.
  void take(const Answer& answer) {
    last = answer.exchange;
    is_over = last == Exchange::broken || last == Exchange::endless;
    any_answer = any_answer || last == Exchange::endless;
  }
};

void judge(const Talk& talk, bool timed_out, Round& round) {
  const auto registration = talk.signal ? talk.signal->registration : wire::ModemRegistration::unknown;
  const bool is_registered = registration == wire::ModemRegistration::registered;
  if (talk.has_values()) {
    add_values(round, *talk.signal->serving());
    round.outcome = Outcome::ok;
    if (!is_registered && registration != wire::ModemRegistration::unknown)
      round.reason = OutcomeReason::not_registered;
  } else if (talk.last == Exchange::broken) {
    round.outcome = timed_out ? Outcome::timed_out : Outcome::not_measured;
    round.reason = timed_out ? OutcomeReason::none : OutcomeReason::device_gone;
  } else if (is_registered) {  // a network, but no value that is known
    round.outcome = Outcome::malformed;
  } else if (talk.signal) {  // a modem that answers well and sees no cell
    round.outcome = Outcome::unreachable;
    round.reason = OutcomeReason::not_registered;
  } else {
    round.outcome = talk.any_answer ? Outcome::malformed : Outcome::refused;
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
      known_.erase(target.device);  // another modem may come back
      round.reason = OutcomeReason::device_gone;
      co_return round;
    }
    Port port(executor, fd);
    const Deadline deadline(executor, time_limit, [&port] { port.close(); });
    const Talk talk = co_await converse(port, target);
    if (talk.has_values() && target.notes) co_await tell_facts(port, target, *talk.signal);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      round.reason = OutcomeReason::cancelled;
      co_return round;
    }
    judge(talk, deadline.expired(), round);
    co_return round;
  }

 private:
  // What is known of the modem at a port.
  struct Known {
    const wire::ModemDialect* dialect = nullptr;  // as its maker says
    std::string maker;
    std::string model;  // with its IMEI; empty: not asked yet
    std::string cell;   // when the operator was asked last
    std::string operator_name;
  };

  asio::awaitable<Talk> converse(Port& port, const SessionTarget& target) {
    const std::string& device = target.device;
    Talk talk;
    const wire::ModemDialect* dialect = wire::find_modem_dialect(command_);
    if (dialect == nullptr) {  // auto
      const auto known = known_.find(device);
      if (known != known_.end()) dialect = known->second.dialect;
    }
    if (dialect == nullptr) {
      const Answer answer = co_await ask(port, target, kMaker);
      talk.take(answer);
      if (talk.is_over) co_return talk;
      dialect = &wire::modem_dialect_of(answer.text);
      Known& known = known_[device];
      known.dialect = dialect;
      known.maker = wire::first_text(answer.text);
    }
    Answer answer = co_await ask(port, target, dialect->command);
    take_signal(*dialect, answer, talk);
    if (command_ != "auto") co_return talk;
    // What says less, where that was not understood or knew no value.
    for (const std::string_view name : {"cesq", "csq"}) {
      if (talk.is_over || talk.has_values() || dialect->name == name) continue;
      const wire::ModemDialect& other = *wire::find_modem_dialect(name);
      answer = co_await ask(port, target, other.command);
      take_signal(other, answer, talk);
    }
    if (!talk.has_values()) known_.erase(device);  // another modem may be there next time
    if (talk.is_over || !talk.signal || talk.signal->registration != wire::ModemRegistration::unknown)
      co_return talk;
    answer = co_await ask(port, target, registration_command(*talk.signal));
    talk.take(answer);
    talk.signal->registration = wire::parse_registration(answer.text);
    co_return talk;
  }

  // Which modem, operator and cell. Asked for when they may have changed, so that most measurements are as
  // short as they were; a modem that does not say is left alone.
  asio::awaitable<void> tell_facts(Port& port, const SessionTarget& target, const wire::ModemSignal& signal) {
    const auto found = known_.find(target.device);
    if (found == known_.end()) co_return;  // a fixed command: nothing is asked beside it
    Known known = found->second;
    const std::string cell = cell_text(signal);
    if (known.model.empty()) {
      const Answer model = co_await ask(port, target, kModel);
      const Answer imei = co_await ask(port, target, kImei);
      if (model.exchange == Exchange::broken || imei.exchange == Exchange::broken) co_return;
      known.model = fmt::format("{} {}, IMEI {}", known.maker, wire::first_text(model.text),
                                wire::first_text(imei.text));
    }
    if (known.operator_name.empty() || known.cell != cell) {
      const Answer answer = co_await ask(port, target, kOperator);
      if (answer.exchange == Exchange::broken) co_return;
      known.operator_name = wire::parse_operator(answer.text);
      known.cell = cell;
    }
    known_[target.device] = known;
    note_fact(target, "modem", known.model);
    if (!known.operator_name.empty()) note_fact(target, "operator", known.operator_name);
    if (!cell.empty()) note_fact(target, "cell", cell);
  }

  // What is known already is kept where the new answer knows less.
  void take_signal(const wire::ModemDialect& dialect, const Answer& answer, Talk& talk) const {
    talk.take(answer);
    talk.any_answer = talk.any_answer || answer.exchange == Exchange::answered;
    auto signal =
        dialect.name == "qeng" ? wire::parse_qeng(answer.text, sinr_scale_) : dialect.parse(answer.text);
    if (!signal) return;
    if (talk.signal && signal->registration == wire::ModemRegistration::unknown)
      signal->registration = talk.signal->registration;
    talk.signal = signal;
  }

  std::string command_;
  wire::LteSinrScale sinr_scale_;
  std::map<std::string, Known> known_;  // by device
};

}  // namespace

std::span<const OptionSpec> modem_options() {
  return kOptions;
}
std::span<const Metric> modem_metrics() {
  return kCarrierMetrics;
}
std::unique_ptr<SessionProbe> make_modem_probe(const ProbeOptions& options) {
  return std::make_unique<ModemProbe>(options);
}

}  // namespace faultline::session
